// Sigstore's services over plain HTTP on 127.0.0.1, for tests: Fulcio with a log of certificates, Rekor
// v1 and v2, a timestamp authority. The certificates, logs and timestamps are made by `@sigstore/mock`;
// what stands here is HTTP, and the form of requests that it does not know.
//
// usage: node server.cjs FOLDER
//
// Writes trusted_root.json and a client trust config for each kind of instance into FOLDER, prints
// `ready PORT`, and ends when its standard input does.

'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const canonicalize = require('canonicalize');
const mock = require('@sigstore/mock');
const pkijs = require('pkijs');

const MAX_REQUEST_LEN = 64 << 20;
const MAX_LIFE_MS = 30 * 60 * 1000;
const TSA_POLICY = '1.3.6.1.4.1.57264.2';

const keyPair = () => crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const spki = (pair) => pair.publicKey.export({ format: 'der', type: 'spki' });
const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest();
const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const seconds = () => Math.floor(Date.now() / 1000);

// --- The services -------------------------------------------------------------------------------

async function makeServices(base) {
  const [caKeys, ctKeys, logKeys, tsaKeys] = [keyPair(), keyPair(), keyPair(), keyPair()];
  const ctLog = await mock.initializeCTLog(ctKeys);
  const ca = await mock.initializeCA(caKeys, ctLog);
  const log = await mock.initializeTLog(base, logKeys);
  const tsa = await mock.initializeTSA(tsaKeys);
  return { base, ca, log, tsa: patched(tsa), ctKeys, logKeys };
}

// Whole seconds, since not every reader takes fractions; and nonces of more than 53 bits, which the
// mock holds as a number.
function patched(tsa) {
  const original = tsa.tstInfo.bind(tsa);
  tsa.getCurrentTime = () => new Date(seconds() * 1000);
  tsa.tstInfo = (request) => {
    const info = original({ ...request, nonce: 1 });
    info.nonce = request.rawNonce;
    return info;
  };
  return tsa;
}

// --- What is trusted ----------------------------------------------------------------------------

function trustedRoot({ base, ca, tsa, ctKeys, logKeys }) {
  const validFor = { start: new Date(Date.now() - 3600 * 1000).toISOString() };
  const logOf = (keys, baseUrl) => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(spki(keys)), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
    logId: { keyId: base64(sha256(spki(keys))) },
  });
  const authorityOf = (commonName, certificates) => ({
    subject: { organization: 'example.test', commonName },
    uri: base,
    certChain: { certificates: certificates.map((der) => ({ rawBytes: base64(der) })) },
    validFor,
  });
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [logOf(logKeys, base)],
    ctlogs: [logOf(ctKeys, `${base}/ct`)],
    certificateAuthorities: [authorityOf('ca', [ca.rootCertificate])],
    timestampAuthorities: [authorityOf('tsa', [tsa.intCertificate, tsa.rootCertificate])],
  };
}

function trustConfig(services, rekorVersion, withTimestamps) {
  const { base } = services;
  const start = new Date(Date.now() - 3600 * 1000).toISOString();
  const service = (url, majorApiVersion) =>
    ({ url, majorApiVersion, validFor: { start }, operator: 'example.test' });
  return {
    mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
    trustedRoot: trustedRoot(services),
    signingConfig: {
      mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
      caUrls: [service(base, 1)],
      oidcUrls: [service(`${base}/auth`, 1)],
      rekorTlogUrls: [service(base, rekorVersion)],
      rekorTlogConfig: { selector: 'ANY' },
      tsaUrls: withTimestamps ? [service(`${base}/api/v1/timestamp`, 1)] : [],
      tsaConfig: { selector: 'ANY' },
    },
  };
}

function writeTrust(folder, services) {
  const write = (name, value) =>
    fs.writeFileSync(path.join(folder, name), JSON.stringify(value, null, 1));
  write('trusted_root.json', trustedRoot(services));
  write('v1.json', trustConfig(services, 1, false));
  write('v1-tsa.json', trustConfig(services, 1, true));
  write('v2.json', trustConfig(services, 2, true));
}

// Fulcio takes the token in the request and a key in PEM; or, as the PyPI client has it, the token in a
// header and a request for a certificate (PKCS #10) in base64 of PEM, which the mock does not read.
function inOneForm(body, { authorization }) {
  const request = JSON.parse(body.toString());
  if (!request.certificateSigningRequest) return request;
  const pem = Buffer.from(request.certificateSigningRequest, 'base64').toString();
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  const { subjectPublicKeyInfo } = pkijs.CertificationRequest.fromBER(new Uint8Array(der));
  const key = crypto.createPublicKey({
    key: Buffer.from(subjectPublicKeyInfo.toSchema().toBER()),
    format: 'der',
    type: 'spki',
  });
  return {
    credentials: { oidcIdentityToken: authorization?.replace(/^Bearer /, '') },
    publicKeyRequest: { publicKey: { content: key.export({ format: 'pem', type: 'spki' }) } },
  };
}

// --- The logs -----------------------------------------------------------------------------------

// Rekor v1 turns a proposed envelope into an entry that holds digests of it.
async function logEnvelope(log, { spec: { proposedContent } }) {
  const envelope = JSON.parse(proposedContent.envelope);
  const verifier = (index) => {
    const given = Buffer.from(proposedContent.verifiers[index], 'base64');
    return base64(new crypto.X509Certificate(given).toString());
  };
  const digest = (bytes) => ({ algorithm: 'sha256', value: sha256(bytes).toString('hex') });
  return log.log({
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      envelopeHash: digest(proposedContent.envelope),
      payloadHash: digest(Buffer.from(envelope.payload, 'base64')),
      signatures: envelope.signatures.map(({ sig }, index) =>
        ({ signature: sig, verifier: verifier(index) })),
    },
  });
}

// Rekor v2 takes the digest of what was signed.
function logDigest({ log, logKeys }, { hashedRekordRequestV002: { digest, signature } }) {
  const entry = {
    apiVersion: '0.0.2',
    kind: 'hashedrekord',
    spec: { hashedRekordV002: { data: { algorithm: 'SHA2_256', digest }, signature } },
  };
  const body = Buffer.from(canonicalize(entry));
  const logID = sha256(spki(logKeys));
  const proof = log.calculateInclusionProof({ body, timestamp: seconds(), logID });
  return {
    logIndex: '0',
    logId: { keyId: base64(logID) },
    kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
    canonicalizedBody: base64(body),
    inclusionProof: {
      logIndex: '0',
      treeSize: '1',
      rootHash: Buffer.from(proof.rootHash, 'hex').toString('base64'),
      hashes: [],
      checkpoint: { envelope: proof.checkpoint },
    },
  };
}

async function timestamp(tsa, request) {
  const { messageImprint, nonce } = pkijs.TimeStampReq.fromBER(new Uint8Array(request));
  return tsa.timestamp({
    artifactHash: Buffer.from(messageImprint.hashedMessage.valueBlock.valueHexView),
    hashAlgorithmOID: messageImprint.hashAlgorithm.algorithmId,
    rawNonce: nonce,
    policyOID: TSA_POLICY,
    certReq: true,
  });
}

// --- HTTP ---------------------------------------------------------------------------------------

function routes(services) {
  const fulcio = mock.fulcioHandler(services.ca, { strict: true });
  const created = (value) =>
    ({ statusCode: 201, contentType: 'application/json', response: JSON.stringify(value) });
  const parse = (body) => JSON.parse(body.toString());
  const issuer = `${services.base}/auth`;
  return {
    // The PyPI client asks for it even when it has a token.
    'GET /auth/.well-known/openid-configuration': async () => ({
      statusCode: 200,
      contentType: 'application/json',
      response: JSON.stringify({
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
      }),
    }),
    [`POST ${fulcio.path}`]: (body, headers) => fulcio.fn(JSON.stringify(inOneForm(body, headers))),
    'POST /api/v1/log/entries': async (body) => created(await logEnvelope(services.log, parse(body))),
    'POST /api/v2/log/entries': async (body) => created(logDigest(services, parse(body))),
    'POST /api/v1/timestamp': async (body) => ({
      statusCode: 201,
      contentType: 'application/timestamp-reply',
      response: await timestamp(services.tsa, body),
    }),
  };
}

async function readBody(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_REQUEST_LEN) throw new Error('the request is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function answer(table, base, request) {
  const route = table[`${request.method} ${new URL(request.url, base).pathname}`];
  if (!route) return { statusCode: 404, response: `no ${request.method} ${request.url}` };
  try {
    return await route(await readBody(request), request.headers);
  } catch (error) {
    return { statusCode: 500, response: String(error?.stack ?? error) };
  }
}

async function main(folder) {
  let table = {};
  let base = '';
  const server = http.createServer(async (request, response) => {
    const { statusCode, contentType, response: body } = await answer(table, base, request);
    console.error(request.method, request.url, statusCode, statusCode >= 400 ? String(body) : '');
    response.writeHead(statusCode, { 'content-type': contentType ?? 'text/plain' });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  base = `http://127.0.0.1:${port}`;
  const services = await makeServices(base);
  table = routes(services);
  writeTrust(folder, services);
  process.stdin.resume().on('end', () => process.exit(0));
  setTimeout(() => process.exit(1), MAX_LIFE_MS).unref();
  console.log(`ready ${port}`);
}

main(process.argv[2]);
