#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oms_fuzz::bodies::trust_root(data));
