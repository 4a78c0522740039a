//! Who did what: names from the environment, arguments as they were.

use std::ffi::OsString;

use crate::case::act::{Act, Who};

fn told(investigator: Option<&str>, variables: &[(&str, &str)], kernel: Option<&str>) -> Who {
    let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, v)| OsString::from(v));
    Who::told(investigator, &variable, &|| kernel.map(str::to_owned))
}

#[test]
fn the_kernel_names_the_host_that_the_shell_did_not_export() {
    let who = told(Some(" R. Example "), &[("USER", "rex")], Some("lab-7\n"));
    assert_eq!(who.investigator.as_deref(), Some("R. Example"));
    assert_eq!((who.user.as_deref(), who.host.as_deref()), (Some("rex"), Some("lab-7")));
}

#[test]
fn windows_has_other_names_for_both() {
    let who = told(None, &[("USERNAME", "rex"), ("COMPUTERNAME", "LAB7")], None);
    assert_eq!((who.user.as_deref(), who.host.as_deref()), (Some("rex"), Some("LAB7")));
}

#[test]
fn what_nobody_says_is_none_and_not_empty() {
    assert_eq!(told(Some("  "), &[("USER", ""), ("HOSTNAME", " ")], None), Who::default());
}

#[test]
fn who_it_was_is_shown_as_far_as_it_is_known() {
    for (investigator, user, host, shown) in [
        (Some("R. Example"), Some("rex"), Some("lab-7"), "R. Example (rex@lab-7)"),
        (None, Some("rex"), Some("lab-7"), "rex@lab-7"),
        (Some("R. Example"), None, None, "R. Example"),
        (None, None, Some("lab-7"), "somebody at lab-7"),
        (None, None, None, "somebody unknown"),
    ] {
        let [investigator, user, host] = [investigator, user, host].map(|name| name.map(str::to_owned));
        assert_eq!(Who { investigator, user, host }.to_string(), shown);
    }
}

#[test]
fn the_command_is_what_was_passed() {
    let act = Act::new("2031-04-05T06:07:08Z", Who::default(), ["coldcase", "ingest", "a b"].map(OsString::from));
    assert_eq!(act.command, ["coldcase", "ingest", "a b"]);
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_differs_from_every_one_that_is() {
    use std::os::unix::ffi::OsStringExt;
    let command = [OsString::from_vec(vec![b'a', 0xff]), OsString::from("a\u{fffd}")];
    let act = Act::new("2031-04-05T06:07:08Z", Who::default(), command);
    assert_eq!(act.command, ["\"a\\xFF\"", "a\u{fffd}"]);
}
