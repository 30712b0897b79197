//! NIST PKITS: certificate paths, and what is to be thought of them, that we did not write.
//!
//! The verdicts are those of "Public Key Interoperability Test Suite (PKITS) Certification Path
//! Validation", version 1.0.1, under its default settings. Where ours differs, the row says why; so
//! does `docs/pkits.md`. The certificates are not in this repository: `OMS_TEST_PKITS` names a
//! folder whose `certs` holds them (PyPI's `cryptography_vectors` carries it).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::rules::check_path;
use super::{Cert, ChainError, PathRule, TrustInput, find_path};

/// What PKITS says of a path, and what we say.
#[derive(Clone, Copy)]
enum Expected {
    /// Both accept it.
    Valid,
    /// Both refuse it, and this is our reason.
    Invalid(Because),
    /// PKITS accepts it; we refuse it, for this reason. The text explains the difference.
    Stricter(Because, &'static str),
    /// PKITS refuses it; we accept it. The text explains the difference.
    Wider(&'static str),
}

/// The reasons for which we refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Because {
    /// It does not parse, which [`Pkits::read`] checks: there is no path to judge.
    Unreadable,
    NotYetValid,
    Expired,
    Algorithm(&'static str),
    Rule(PathRule),
}

impl Because {
    fn of(error: &ChainError) -> Option<Self> {
        Some(match error {
            ChainError::NotYetValid { .. } => Self::NotYetValid,
            ChainError::Expired { .. } => Self::Expired,
            ChainError::SignatureAlgorithm { algorithm, .. } => {
                Self::Algorithm(if algorithm == DSA { DSA } else { "another" })
            }
            ChainError::Rule { rule, .. } => Self::Rule(*rule),
            _ => return None,
        })
    }
}

use Because::{Algorithm, Expired, NotYetValid, Rule, Unreadable};
use Expected::{Invalid, Stricter, Valid, Wider};
use PathRule::{
    CriticalExtension, KeyUsage, NameChaining, NameConstraints, NotCa, PathLength, Policy,
    Signature,
};

/// dsa-with-sha1 (RFC 3279 section 2.2.2), as we name it.
const DSA: &str = "the algorithm 1.2.840.10040.4.3";

const NO_DSA: &str = "DSA is not accepted: only RSA and ECDSA with SHA-2 are";
const BEFORE_1970: &str =
    "the certificate is valid from 1950, and the parser's time begins in 1970";
const REVOKED: &str = "the certificate is revoked, and OMS knows no revocation lists";
const CRL_SIGN: &str = "the issuer may not sign revocation lists, and OMS reads none";

/// A test of PKITS: its number, the certificates between the trust anchor and the end entity with
/// the end entity last (without the file names' `.crt`), the verdict.
type Row = (&'static str, &'static [&'static str], Expected);

const SIGNATURES: &[Row] = &[
    ("4.1.1", &["GoodCACert", "ValidCertificatePathTest1EE"], Valid),
    ("4.1.2", &["BadSignedCACert", "InvalidCASignatureTest2EE"], Invalid(Rule(Signature))),
    ("4.1.3", &["GoodCACert", "InvalidEESignatureTest3EE"], Invalid(Rule(Signature))),
    ("4.1.4", &["DSACACert", "ValidDSASignaturesTest4EE"], Stricter(Algorithm(DSA), NO_DSA)),
    (
        "4.1.5",
        &["DSACACert", "DSAParametersInheritedCACert", "ValidDSAParameterInheritanceTest5EE"],
        Stricter(Algorithm(DSA), NO_DSA),
    ),
    ("4.1.6", &["DSACACert", "InvalidDSASignatureTest6EE"], Invalid(Algorithm(DSA))),
];

const UTC_1950: &str = "Validpre2000UTCnotBeforeDateTest3EE";

const VALIDITY: &[Row] = &[
    ("4.2.1", &["BadnotBeforeDateCACert", "InvalidCAnotBeforeDateTest1EE"], Invalid(NotYetValid)),
    ("4.2.2", &["GoodCACert", "InvalidEEnotBeforeDateTest2EE"], Invalid(NotYetValid)),
    ("4.2.3", &["GoodCACert", UTC_1950], Stricter(Unreadable, BEFORE_1970)),
    ("4.2.4", &["GoodCACert", "ValidGeneralizedTimenotBeforeDateTest4EE"], Valid),
    ("4.2.5", &["BadnotAfterDateCACert", "InvalidCAnotAfterDateTest5EE"], Invalid(Expired)),
    ("4.2.6", &["GoodCACert", "InvalidEEnotAfterDateTest6EE"], Invalid(Expired)),
    ("4.2.7", &["GoodCACert", "Invalidpre2000UTCEEnotAfterDateTest7EE"], Invalid(Expired)),
    ("4.2.8", &["GoodCACert", "ValidGeneralizedTimenotAfterDateTest8EE"], Valid),
];

const NAME_CHAINING: &[Row] = &[
    ("4.3.1", &["GoodCACert", "InvalidNameChainingTest1EE"], Invalid(Rule(NameChaining))),
    (
        "4.3.2",
        &["NameOrderingCACert", "InvalidNameChainingOrderTest2EE"],
        Invalid(Rule(NameChaining)),
    ),
    ("4.3.3", &["GoodCACert", "ValidNameChainingWhitespaceTest3EE"], Valid),
    ("4.3.4", &["GoodCACert", "ValidNameChainingWhitespaceTest4EE"], Valid),
    ("4.3.5", &["GoodCACert", "ValidNameChainingCapitalizationTest5EE"], Valid),
    ("4.3.6", &["UIDCACert", "ValidNameUIDsTest6EE"], Valid),
    (
        "4.3.7",
        &["RFC3280MandatoryAttributeTypesCACert", "ValidRFC3280MandatoryAttributeTypesTest7EE"],
        Valid,
    ),
    (
        "4.3.8",
        &["RFC3280OptionalAttributeTypesCACert", "ValidRFC3280OptionalAttributeTypesTest8EE"],
        Valid,
    ),
    ("4.3.9", &["UTF8StringEncodedNamesCACert", "ValidUTF8StringEncodedNamesTest9EE"], Valid),
    (
        "4.3.10",
        &[
            "RolloverfromPrintableStringtoUTF8StringCACert",
            "ValidRolloverfromPrintableStringtoUTF8StringTest10EE",
        ],
        Valid,
    ),
    (
        "4.3.11",
        &["UTF8StringCaseInsensitiveMatchCACert", "ValidUTF8StringCaseInsensitiveMatchTest11EE"],
        Valid,
    ),
];

const SELF_ISSUED: &[Row] = &[
    (
        "4.5.1",
        &[
            "BasicSelfIssuedNewKeyCACert",
            "BasicSelfIssuedNewKeyOldWithNewCACert",
            "ValidBasicSelfIssuedOldWithNewTest1EE",
        ],
        Valid,
    ),
    (
        "4.5.2",
        &[
            "BasicSelfIssuedNewKeyCACert",
            "BasicSelfIssuedNewKeyOldWithNewCACert",
            "InvalidBasicSelfIssuedOldWithNewTest2EE",
        ],
        Wider(REVOKED),
    ),
    (
        "4.5.3",
        &[
            "BasicSelfIssuedOldKeyCACert",
            "BasicSelfIssuedOldKeyNewWithOldCACert",
            "ValidBasicSelfIssuedNewWithOldTest3EE",
        ],
        Valid,
    ),
    ("4.5.4", &["BasicSelfIssuedOldKeyCACert", "ValidBasicSelfIssuedNewWithOldTest4EE"], Valid),
    (
        "4.5.5",
        &["BasicSelfIssuedOldKeyCACert", "InvalidBasicSelfIssuedNewWithOldTest5EE"],
        Wider(REVOKED),
    ),
    (
        "4.5.6",
        &["BasicSelfIssuedCRLSigningKeyCACert", "ValidBasicSelfIssuedCRLSigningKeyTest6EE"],
        Valid,
    ),
    (
        "4.5.7",
        &["BasicSelfIssuedCRLSigningKeyCACert", "InvalidBasicSelfIssuedCRLSigningKeyTest7EE"],
        Wider(REVOKED),
    ),
    (
        "4.5.8",
        &[
            "BasicSelfIssuedCRLSigningKeyCACert",
            "BasicSelfIssuedCRLSigningKeyCRLCert",
            "InvalidBasicSelfIssuedCRLSigningKeyTest8EE",
        ],
        Invalid(Rule(NotCa)),
    ),
];

const BASIC_CONSTRAINTS: &[Row] = &[
    (
        "4.6.1",
        &["MissingbasicConstraintsCACert", "InvalidMissingbasicConstraintsTest1EE"],
        Invalid(Rule(NotCa)),
    ),
    (
        "4.6.2",
        &["basicConstraintsCriticalcAFalseCACert", "InvalidcAFalseTest2EE"],
        Invalid(Rule(NotCa)),
    ),
    (
        "4.6.3",
        &["basicConstraintsNotCriticalcAFalseCACert", "InvalidcAFalseTest3EE"],
        Invalid(Rule(NotCa)),
    ),
    (
        "4.6.4",
        &["basicConstraintsNotCriticalCACert", "ValidbasicConstraintsNotCriticalTest4EE"],
        Valid,
    ),
    (
        "4.6.5",
        &[
            "pathLenConstraint0CACert",
            "pathLenConstraint0subCACert",
            "InvalidpathLenConstraintTest5EE",
        ],
        Invalid(Rule(PathLength)),
    ),
    (
        "4.6.6",
        &[
            "pathLenConstraint0CACert",
            "pathLenConstraint0subCACert",
            "InvalidpathLenConstraintTest6EE",
        ],
        Invalid(Rule(PathLength)),
    ),
    ("4.6.7", &["pathLenConstraint0CACert", "ValidpathLenConstraintTest7EE"], Valid),
    ("4.6.8", &["pathLenConstraint0CACert", "ValidpathLenConstraintTest8EE"], Valid),
    (
        "4.6.9",
        &[
            "pathLenConstraint6CACert",
            "pathLenConstraint6subCA0Cert",
            "pathLenConstraint6subsubCA00Cert",
            "InvalidpathLenConstraintTest9EE",
        ],
        Invalid(Rule(PathLength)),
    ),
    (
        "4.6.10",
        &[
            "pathLenConstraint6CACert",
            "pathLenConstraint6subCA0Cert",
            "pathLenConstraint6subsubCA00Cert",
            "InvalidpathLenConstraintTest10EE",
        ],
        Invalid(Rule(PathLength)),
    ),
    (
        "4.6.11",
        &[
            "pathLenConstraint6CACert",
            "pathLenConstraint6subCA1Cert",
            "pathLenConstraint6subsubCA11Cert",
            "pathLenConstraint6subsubsubCA11XCert",
            "InvalidpathLenConstraintTest11EE",
        ],
        Invalid(Rule(PathLength)),
    ),
    (
        "4.6.12",
        &[
            "pathLenConstraint6CACert",
            "pathLenConstraint6subCA1Cert",
            "pathLenConstraint6subsubCA11Cert",
            "pathLenConstraint6subsubsubCA11XCert",
            "InvalidpathLenConstraintTest12EE",
        ],
        Invalid(Rule(PathLength)),
    ),
    (
        "4.6.13",
        &[
            "pathLenConstraint6CACert",
            "pathLenConstraint6subCA4Cert",
            "pathLenConstraint6subsubCA41Cert",
            "pathLenConstraint6subsubsubCA41XCert",
            "ValidpathLenConstraintTest13EE",
        ],
        Valid,
    ),
    (
        "4.6.14",
        &[
            "pathLenConstraint6CACert",
            "pathLenConstraint6subCA4Cert",
            "pathLenConstraint6subsubCA41Cert",
            "pathLenConstraint6subsubsubCA41XCert",
            "ValidpathLenConstraintTest14EE",
        ],
        Valid,
    ),
    (
        "4.6.15",
        &[
            "pathLenConstraint0CACert",
            "pathLenConstraint0SelfIssuedCACert",
            "ValidSelfIssuedpathLenConstraintTest15EE",
        ],
        Valid,
    ),
    (
        "4.6.16",
        &[
            "pathLenConstraint0CACert",
            "pathLenConstraint0SelfIssuedCACert",
            "pathLenConstraint0subCA2Cert",
            "InvalidSelfIssuedpathLenConstraintTest16EE",
        ],
        Invalid(Rule(PathLength)),
    ),
    (
        "4.6.17",
        &[
            "pathLenConstraint1CACert",
            "pathLenConstraint1SelfIssuedCACert",
            "pathLenConstraint1subCACert",
            "pathLenConstraint1SelfIssuedsubCACert",
            "ValidSelfIssuedpathLenConstraintTest17EE",
        ],
        Valid,
    ),
];

const KEY_USAGE: &[Row] = &[
    (
        "4.7.1",
        &[
            "keyUsageCriticalkeyCertSignFalseCACert",
            "InvalidkeyUsageCriticalkeyCertSignFalseTest1EE",
        ],
        Invalid(Rule(KeyUsage)),
    ),
    (
        "4.7.2",
        &[
            "keyUsageNotCriticalkeyCertSignFalseCACert",
            "InvalidkeyUsageNotCriticalkeyCertSignFalseTest2EE",
        ],
        Invalid(Rule(KeyUsage)),
    ),
    ("4.7.3", &["keyUsageNotCriticalCACert", "ValidkeyUsageNotCriticalTest3EE"], Valid),
    (
        "4.7.4",
        &["keyUsageCriticalcRLSignFalseCACert", "InvalidkeyUsageCriticalcRLSignFalseTest4EE"],
        Wider(CRL_SIGN),
    ),
    (
        "4.7.5",
        &["keyUsageNotCriticalcRLSignFalseCACert", "InvalidkeyUsageNotCriticalcRLSignFalseTest5EE"],
        Wider(CRL_SIGN),
    ),
];

const DN1: &str = "nameConstraintsDN1CACert";
const DN3: &str = "nameConstraintsDN3CACert";
const OUTSIDE: Expected = Invalid(Rule(NameConstraints));

const NAME_CONSTRAINTS: &[Row] = &[
    ("4.13.1", &[DN1, "ValidDNnameConstraintsTest1EE"], Valid),
    ("4.13.2", &[DN1, "InvalidDNnameConstraintsTest2EE"], OUTSIDE),
    ("4.13.3", &[DN1, "InvalidDNnameConstraintsTest3EE"], OUTSIDE),
    ("4.13.4", &[DN1, "ValidDNnameConstraintsTest4EE"], Valid),
    ("4.13.5", &["nameConstraintsDN2CACert", "ValidDNnameConstraintsTest5EE"], Valid),
    ("4.13.6", &[DN3, "ValidDNnameConstraintsTest6EE"], Valid),
    ("4.13.7", &[DN3, "InvalidDNnameConstraintsTest7EE"], OUTSIDE),
    ("4.13.8", &["nameConstraintsDN4CACert", "InvalidDNnameConstraintsTest8EE"], OUTSIDE),
    ("4.13.9", &["nameConstraintsDN4CACert", "InvalidDNnameConstraintsTest9EE"], OUTSIDE),
    ("4.13.10", &["nameConstraintsDN5CACert", "InvalidDNnameConstraintsTest10EE"], OUTSIDE),
    ("4.13.11", &["nameConstraintsDN5CACert", "ValidDNnameConstraintsTest11EE"], Valid),
    (
        "4.13.12",
        &[DN1, "nameConstraintsDN1subCA1Cert", "InvalidDNnameConstraintsTest12EE"],
        OUTSIDE,
    ),
    (
        "4.13.13",
        &[DN1, "nameConstraintsDN1subCA2Cert", "InvalidDNnameConstraintsTest13EE"],
        OUTSIDE,
    ),
    ("4.13.14", &[DN1, "nameConstraintsDN1subCA2Cert", "ValidDNnameConstraintsTest14EE"], Valid),
    (
        "4.13.15",
        &[DN3, "nameConstraintsDN3subCA1Cert", "InvalidDNnameConstraintsTest15EE"],
        OUTSIDE,
    ),
    (
        "4.13.16",
        &[DN3, "nameConstraintsDN3subCA1Cert", "InvalidDNnameConstraintsTest16EE"],
        OUTSIDE,
    ),
    (
        "4.13.17",
        &[DN3, "nameConstraintsDN3subCA2Cert", "InvalidDNnameConstraintsTest17EE"],
        OUTSIDE,
    ),
    ("4.13.18", &[DN3, "nameConstraintsDN3subCA2Cert", "ValidDNnameConstraintsTest18EE"], Valid),
    (
        "4.13.19",
        &[DN1, "nameConstraintsDN1SelfIssuedCACert", "ValidDNnameConstraintsTest19EE"],
        Valid,
    ),
    ("4.13.20", &[DN1, "InvalidDNnameConstraintsTest20EE"], OUTSIDE),
    ("4.13.21", &["nameConstraintsRFC822CA1Cert", "ValidRFC822nameConstraintsTest21EE"], Valid),
    ("4.13.22", &["nameConstraintsRFC822CA1Cert", "InvalidRFC822nameConstraintsTest22EE"], OUTSIDE),
    ("4.13.23", &["nameConstraintsRFC822CA2Cert", "ValidRFC822nameConstraintsTest23EE"], Valid),
    ("4.13.24", &["nameConstraintsRFC822CA2Cert", "InvalidRFC822nameConstraintsTest24EE"], OUTSIDE),
    ("4.13.25", &["nameConstraintsRFC822CA3Cert", "ValidRFC822nameConstraintsTest25EE"], Valid),
    ("4.13.26", &["nameConstraintsRFC822CA3Cert", "InvalidRFC822nameConstraintsTest26EE"], OUTSIDE),
    (
        "4.13.27",
        &[DN1, "nameConstraintsDN1subCA3Cert", "ValidDNandRFC822nameConstraintsTest27EE"],
        Valid,
    ),
    (
        "4.13.28",
        &[DN1, "nameConstraintsDN1subCA3Cert", "InvalidDNandRFC822nameConstraintsTest28EE"],
        OUTSIDE,
    ),
    (
        "4.13.29",
        &[DN1, "nameConstraintsDN1subCA3Cert", "InvalidDNandRFC822nameConstraintsTest29EE"],
        OUTSIDE,
    ),
    ("4.13.30", &["nameConstraintsDNS1CACert", "ValidDNSnameConstraintsTest30EE"], Valid),
    ("4.13.31", &["nameConstraintsDNS1CACert", "InvalidDNSnameConstraintsTest31EE"], OUTSIDE),
    ("4.13.32", &["nameConstraintsDNS2CACert", "ValidDNSnameConstraintsTest32EE"], Valid),
    ("4.13.33", &["nameConstraintsDNS2CACert", "InvalidDNSnameConstraintsTest33EE"], OUTSIDE),
    ("4.13.34", &["nameConstraintsURI1CACert", "ValidURInameConstraintsTest34EE"], Valid),
    ("4.13.35", &["nameConstraintsURI1CACert", "InvalidURInameConstraintsTest35EE"], OUTSIDE),
    ("4.13.36", &["nameConstraintsURI2CACert", "ValidURInameConstraintsTest36EE"], Valid),
    ("4.13.37", &["nameConstraintsURI2CACert", "InvalidURInameConstraintsTest37EE"], OUTSIDE),
    ("4.13.38", &["nameConstraintsDNS1CACert", "InvalidDNSnameConstraintsTest38EE"], OUTSIDE),
];

const PRIVATE_EXTENSIONS: &[Row] = &[
    ("4.16.1", &["ValidUnknownNotCriticalCertificateExtensionTest1EE"], Valid),
    (
        "4.16.2",
        &["InvalidUnknownCriticalCertificateExtensionTest2EE"],
        Invalid(Rule(CriticalExtension)),
    ),
];

/// Sections 4.8 to 4.12. OMS has no policies of its own, which is PKITS's default: any policy will
/// do, none is required. What an authority requires still holds. Only the end entities are named
/// here: the search has to find the way.
const POLICIES: &[(&str, &str, bool)] = &[
    ("4.8.1", "ValidCertificatePathTest1EE", true),
    ("4.8.2", "AllCertificatesNoPoliciesTest2EE", true),
    ("4.8.3", "DifferentPoliciesTest3EE", true),
    ("4.8.4", "DifferentPoliciesTest4EE", false),
    ("4.8.5", "DifferentPoliciesTest5EE", false),
    ("4.8.6", "OverlappingPoliciesTest6EE", true),
    ("4.8.7", "DifferentPoliciesTest7EE", false),
    ("4.8.8", "DifferentPoliciesTest8EE", false),
    ("4.8.9", "DifferentPoliciesTest9EE", false),
    ("4.8.10", "AllCertificatesSamePoliciesTest10EE", true),
    ("4.8.11", "AllCertificatesanyPolicyTest11EE", true),
    ("4.8.12", "DifferentPoliciesTest12EE", false),
    ("4.8.13", "AllCertificatesSamePoliciesTest13EE", true),
    ("4.8.14", "AnyPolicyTest14EE", true),
    ("4.8.15", "UserNoticeQualifierTest15EE", true),
    ("4.8.16", "UserNoticeQualifierTest16EE", true),
    ("4.8.17", "UserNoticeQualifierTest17EE", true),
    ("4.8.18", "UserNoticeQualifierTest18EE", true),
    ("4.8.19", "UserNoticeQualifierTest19EE", true),
    ("4.8.20", "CPSPointerQualifierTest20EE", true),
    ("4.9.1", "ValidrequireExplicitPolicyTest1EE", true),
    ("4.9.2", "ValidrequireExplicitPolicyTest2EE", true),
    ("4.9.3", "InvalidrequireExplicitPolicyTest3EE", false),
    ("4.9.4", "ValidrequireExplicitPolicyTest4EE", true),
    ("4.9.5", "InvalidrequireExplicitPolicyTest5EE", false),
    ("4.9.6", "ValidSelfIssuedrequireExplicitPolicyTest6EE", true),
    ("4.9.7", "InvalidSelfIssuedrequireExplicitPolicyTest7EE", false),
    ("4.9.8", "InvalidSelfIssuedrequireExplicitPolicyTest8EE", false),
    ("4.10.1", "ValidPolicyMappingTest1EE", true),
    ("4.10.2", "InvalidPolicyMappingTest2EE", false),
    ("4.10.3", "ValidPolicyMappingTest3EE", true),
    ("4.10.4", "InvalidPolicyMappingTest4EE", false),
    ("4.10.5", "ValidPolicyMappingTest5EE", true),
    ("4.10.6", "ValidPolicyMappingTest6EE", true),
    ("4.10.7", "InvalidMappingFromanyPolicyTest7EE", false),
    ("4.10.8", "InvalidMappingToanyPolicyTest8EE", false),
    ("4.10.9", "ValidPolicyMappingTest9EE", true),
    ("4.10.10", "InvalidPolicyMappingTest10EE", false),
    ("4.10.11", "ValidPolicyMappingTest11EE", true),
    ("4.10.12", "ValidPolicyMappingTest12EE", true),
    ("4.10.13", "ValidPolicyMappingTest13EE", true),
    ("4.10.14", "ValidPolicyMappingTest14EE", true),
    ("4.11.1", "InvalidinhibitPolicyMappingTest1EE", false),
    ("4.11.2", "ValidinhibitPolicyMappingTest2EE", true),
    ("4.11.3", "InvalidinhibitPolicyMappingTest3EE", false),
    ("4.11.4", "ValidinhibitPolicyMappingTest4EE", true),
    ("4.11.5", "InvalidinhibitPolicyMappingTest5EE", false),
    ("4.11.6", "InvalidinhibitPolicyMappingTest6EE", false),
    ("4.11.7", "ValidSelfIssuedinhibitPolicyMappingTest7EE", true),
    ("4.11.8", "InvalidSelfIssuedinhibitPolicyMappingTest8EE", false),
    ("4.11.9", "InvalidSelfIssuedinhibitPolicyMappingTest9EE", false),
    ("4.11.10", "InvalidSelfIssuedinhibitPolicyMappingTest10EE", false),
    ("4.11.11", "InvalidSelfIssuedinhibitPolicyMappingTest11EE", false),
    ("4.12.1", "InvalidinhibitAnyPolicyTest1EE", false),
    ("4.12.2", "ValidinhibitAnyPolicyTest2EE", true),
    ("4.12.3", "inhibitAnyPolicyTest3EE", true),
    ("4.12.4", "InvalidinhibitAnyPolicyTest4EE", false),
    ("4.12.5", "InvalidinhibitAnyPolicyTest5EE", false),
    ("4.12.6", "InvalidinhibitAnyPolicyTest6EE", false),
    ("4.12.7", "ValidSelfIssuedinhibitAnyPolicyTest7EE", true),
    ("4.12.8", "InvalidSelfIssuedinhibitAnyPolicyTest8EE", false),
    ("4.12.9", "ValidSelfIssuedinhibitAnyPolicyTest9EE", true),
    ("4.12.10", "InvalidSelfIssuedinhibitAnyPolicyTest10EE", false),
];

/// 2020-01-01: PKITS's certificates are good from 2010 to 2030, but for those of section 4.2.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_577_836_800)
}

struct Pkits {
    certificates: BTreeMap<String, Cert>,
}

impl Pkits {
    /// All certificates of PKITS; nothing, loudly, when the data is not there.
    fn read() -> Option<Self> {
        let Some(folder) = std::env::var_os("OMS_TEST_PKITS") else {
            // Not `eprintln`, which tests that pass keep to themselves.
            let _ = writeln!(std::io::stderr(), "skipped: OMS_TEST_PKITS is not set");
            return None;
        };
        let folder = PathBuf::from(folder).join("certs");
        let (mut certificates, mut unreadable) = (BTreeMap::new(), Vec::new());
        for entry in std::fs::read_dir(&folder).expect("OMS_TEST_PKITS has a folder 'certs'") {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            match Cert::from_der(&std::fs::read(&path).unwrap()) {
                Ok(certificate) => drop(certificates.insert(name, certificate)),
                Err(_) => unreadable.push(name),
            }
        }
        assert_eq!(unreadable, [UTC_1950]);
        assert_eq!(certificates.len(), 404, "the certificates of PKITS 2011");
        Some(Self { certificates })
    }

    fn get(&self, name: &str) -> Cert {
        self.certificates.get(name).unwrap_or_else(|| panic!("{name}.crt is missing")).clone()
    }

    fn anchor(&self) -> Cert {
        self.get("TrustAnchorRootCertificate")
    }

    /// The path of a row as `check_path` wants it: end entity first, anchor last.
    fn path(&self, row: &Row) -> Vec<Cert> {
        let names = row.1.iter().rev();
        names.map(|name| self.get(name)).chain([self.anchor()]).collect()
    }

    /// Looks for a way from an end entity to the anchor; every authority of PKITS may help.
    fn search(&self, end_entity: &str) -> Result<Vec<Cert>, ChainError> {
        let is_helper = |name: &str| !name.ends_with("EE") && name != "TrustAnchorRootCertificate";
        let helpers = self.certificates.iter().filter(|(name, _)| is_helper(name));
        let helpers: Vec<Cert> = helpers.map(|(_, certificate)| certificate.clone()).collect();
        let trust = TrustInput { certificates: vec![self.anchor()] };
        find_path(&self.get(end_entity), &helpers, &trust, now())
    }
}

/// Judges all paths of a section twice, as they stand in the row and as the search finds them, and
/// reports every row that is not as expected.
fn judge(rows: &[Row]) {
    let Some(pkits) = Pkits::read() else { return };
    let mut wrong = Vec::new();
    for row in rows {
        let (number, names, expected) = row;
        let reason = match expected {
            Valid | Wider(_) => None,
            Invalid(Unreadable) | Stricter(Unreadable, _) => continue,
            Invalid(reason) | Stricter(reason, _) => Some(*reason),
        };
        let judged = check_path(&pkits.path(row), super::unix_seconds(now()));
        let as_expected = match (&judged, reason) {
            (Ok(()), None) => true,
            (Err(error), Some(reason)) => Because::of(error) == Some(reason),
            _ => false,
        };
        if !as_expected {
            wrong.push(format!("{number}: expected {reason:?}, the path gives {judged:?}"));
        }
        let found = pkits.search(names.last().unwrap());
        let in_order = found.as_ref().is_ok_and(|path| *path == pkits.path(row));
        if in_order != reason.is_none() || (found.is_ok() && !in_order) {
            wrong.push(format!("{number}: expected {reason:?}, the search gives {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn signatures_are_judged_as_pkits_says() {
    judge(SIGNATURES);
}

#[test]
fn validity_periods_are_judged_as_pkits_says() {
    judge(VALIDITY);
}

#[test]
fn names_chain_as_pkits_says() {
    judge(NAME_CHAINING);
}

#[test]
fn self_issued_certificates_are_judged_as_pkits_says() {
    judge(SELF_ISSUED);
}

#[test]
fn basic_constraints_hold_as_pkits_says() {
    judge(BASIC_CONSTRAINTS);
}

#[test]
fn key_usages_hold_as_pkits_says() {
    judge(KEY_USAGE);
}

#[test]
fn name_constraints_hold_as_pkits_says() {
    judge(NAME_CONSTRAINTS);
}

#[test]
fn private_extensions_are_judged_as_pkits_says() {
    judge(PRIVATE_EXTENSIONS);
}

#[test]
fn policies_hold_as_pkits_says() {
    let Some(pkits) = Pkits::read() else { return };
    let mut wrong = Vec::new();
    for (number, end_entity, is_valid) in POLICIES {
        let found = pkits.search(end_entity);
        let as_expected = match &found {
            Ok(_) => *is_valid,
            Err(error) => !is_valid && Because::of(error) == Some(Rule(Policy)),
        };
        if !as_expected {
            wrong.push(format!("{number} {end_entity}: valid: {is_valid}, the search: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The sections, and how many tests PKITS has in each. Left out are 4.4, 4.14 and 4.15, which are all
/// about revocation lists.
const SECTIONS: [(u32, &[Row], usize); 8] = [
    (1, SIGNATURES, 6),
    (2, VALIDITY, 8),
    (3, NAME_CHAINING, 11),
    (5, SELF_ISSUED, 8),
    (6, BASIC_CONSTRAINTS, 17),
    (7, KEY_USAGE, 5),
    (13, NAME_CONSTRAINTS, 38),
    (16, PRIVATE_EXTENSIONS, 2),
];

#[test]
fn every_difference_is_explained_in_the_documents() {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/pkits.md");
    let document = std::fs::read_to_string(document).unwrap();
    for (number, _, expected) in SECTIONS.iter().flat_map(|(_, rows, _)| *rows) {
        let (pkits, ours, reason) = match expected {
            Valid | Invalid(_) => continue,
            Stricter(_, reason) => ("valid", "refused", reason),
            Wider(reason) => ("invalid", "accepted", reason),
        };
        let row = format!("| {number} | {pkits} | {ours} | {reason} |");
        assert!(document.contains(&row), "docs/pkits.md lacks the line: {row}");
    }
}

#[test]
fn no_test_of_the_sections_is_left_out() {
    for (section, rows, count) in SECTIONS {
        let numbers: Vec<&str> = rows.iter().map(|row| row.0).collect();
        let expected: Vec<String> = (1..=count).map(|n| format!("4.{section}.{n}")).collect();
        assert_eq!(numbers, expected);
    }
    let of = |section: &str| POLICIES.iter().filter(|row| row.0.starts_with(section)).count();
    let counts = ["4.8.", "4.9.", "4.10.", "4.11.", "4.12."].map(of);
    assert_eq!(counts, [20, 8, 14, 11, 10]);
}
