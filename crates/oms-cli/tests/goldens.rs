//! Every help text and every kind of message, frozen. `TRYCMD=overwrite cargo nextest run goldens`
//! writes them anew; the difference is then reviewed like code.

#[test]
fn goldens() {
    // Help must read well on the narrowest common terminal, whatever the one of this run is.
    trycmd::TestCases::new()
        .case("tests/goldens/*.trycmd")
        .env("COLUMNS", "80")
        .env("OMS_KEY_PASSWORD", "");
}
