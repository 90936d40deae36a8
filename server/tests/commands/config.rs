//! Flags before environment before the TOML file before what is usual.

use crate::{Desk, Said, said};

impl Desk {
    /// The address that an invite's link begins with.
    fn url(&self, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        let mut command = self.command(&["invite", "--role", "member"]);
        command.args(arguments).envs(environment.iter().copied());
        let said = said(command.output().unwrap());
        assert!(said.ok, "{}", said.err);
        said.out.trim().split_once("/ga-med#").unwrap().0.to_owned()
    }

    fn with_environment(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Said {
        said(self.command(arguments).envs(environment.iter().copied()).output().unwrap())
    }
}

#[test]
fn a_flag_holds_before_the_environment_before_the_file() {
    let desk = Desk::new();
    std::fs::create_dir(desk.data()).unwrap();
    assert_eq!(desk.url(&[], &[]), "http://127.0.0.1:8080", "what is usual");
    desk.write("data/solsken.toml", "url = \"https://fil.example/\"\nlisten = \"[::1]:9000\"\n");
    assert_eq!(desk.url(&[], &[]), "https://fil.example");
    let env = [("SOLSKEN_URL", "https://env.example")];
    assert_eq!(desk.url(&[], &env), "https://env.example");
    assert_eq!(desk.url(&["--url", "https://flagga.example"], &env), "https://flagga.example");
    desk.write("data/solsken.toml", "listen = \"[::1]:9000\"\n");
    assert_eq!(desk.url(&[], &[]), "http://[::1]:9000", "without an address, the one that is listened on");
}

#[test]
fn another_file_can_be_named_by_flag_or_environment() {
    let desk = Desk::new();
    let one = desk.write("ett.toml", "url = \"https://ett.example\"");
    let two = desk.write("tva.toml", "url = \"https://tva.example\"");
    let env = [("SOLSKEN_CONFIG", one.to_str().unwrap())];
    assert_eq!(desk.url(&[], &env), "https://ett.example");
    assert_eq!(desk.url(&["--config", two.to_str().unwrap()], &env), "https://tva.example");
}

#[test]
fn the_data_folder_can_be_named_by_flag_environment_or_file() {
    let desk = Desk::new();
    let file = desk.write("solsken.toml", "data = \"av-filen\"");
    let config = [("SOLSKEN_CONFIG", file.to_str().unwrap())];
    let both = [config[0], ("SOLSKEN_DATA", "av-miljon")];
    for (arguments, environment, folder) in [
        (&["invite", "--role", "member"][..], &config[..], "av-filen"),
        (&["invite", "--role", "member"], &both, "av-miljon"),
        (&["invite", "--role", "member", "--data", "av-flaggan"], &both, "av-flaggan"),
    ] {
        let said = desk.with_environment(arguments, environment);
        assert!(said.ok, "{}", said.err);
        assert!(desk.path().join(folder).join("solsken.db").exists(), "{folder}");
    }
    assert!(!desk.data().exists());
}

#[test]
fn what_is_wrong_with_a_setting_is_said() {
    let desk = Desk::new();
    for (toml, problem) in [
        ("lisen = \"0.0.0.0:9000\"", "lisen"),
        ("listen = \"everywhere\"", "listen"),
        ("phone_stories = -1", "phone_stories"),
        ("url = ", "1"),
        ("url = \"solsken.example\"", "such as https://solsken.example"),
    ] {
        let file = desk.write("solsken.toml", toml);
        let said = desk.run(&["export", "--config", file.to_str().unwrap()]);
        assert!(!said.ok && said.err.contains("solsken.toml") && said.err.contains(problem), "{}", said.err);
    }
    let said = desk.run(&["export", "--config", "finns-inte.toml"]);
    assert!(!said.ok && said.err.contains("finns-inte.toml cannot be read"), "{}", said.err);
    let said = desk.with_environment(&["serve"], &[("SOLSKEN_LISTEN", "everywhere")]);
    assert!(!said.ok && said.err.contains("everywhere"), "{}", said.err);
    assert!(!desk.data().exists());
}

#[test]
fn address_that_phones_cannot_reach_is_refused_at_once_by_every_command() {
    let desk = Desk::new();
    for url in
        ["solsken.example", "ftp://solsken.example", "", "https://solsken.example/under", "https://a:b@c"]
    {
        for command in [&["invite", "--role", "member"][..], &["serve", "--listen", "127.0.0.1:0"]] {
            let flag = desk.run(&[command, &["--url", url]].concat());
            let environment = desk.with_environment(command, &[("SOLSKEN_URL", url)]);
            for said in [flag, environment] {
                assert!(!said.ok && said.out.is_empty(), "{url:?}: {}", said.out);
                assert!(said.err.contains("such as https://solsken.example"), "{url:?}: {}", said.err);
            }
        }
    }
    assert!(!desk.data().exists());
    let said = desk.run(&["invite", "--role", "member", "--url", "HTTPS://Solsken.Example:443/"]);
    assert!(said.ok && said.out.contains("https://solsken.example/ga-med#"), "{}{}", said.out, said.err);
}

#[test]
fn a_data_folder_that_cannot_be_is_named() {
    let desk = Desk::new();
    desk.write("data", "en fil");
    let said = desk.run(&["invite", "--role", "member"]);
    assert!(!said.ok && said.err.starts_with("solsken: data: "), "{}", said.err);
}

#[test]
fn a_file_that_is_no_library_is_not_written_over() {
    let desk = Desk::new();
    std::fs::create_dir(desk.data()).unwrap();
    let file = desk.write("data/solsken.db", "det här är ingen databas, men kanske någons text".repeat(40));
    let before = std::fs::read(&file).unwrap();
    let said = desk.run(&["export"]);
    assert!(!said.ok && said.out.is_empty(), "an unopened store is an error, not an empty library");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn nobody_else_on_the_machine_looks_into_the_data() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    desk.import("");
    let mode = std::fs::metadata(desk.data()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
