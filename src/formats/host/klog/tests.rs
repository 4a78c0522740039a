//! Lines of Kubernetes programs in every dress.

use proptest::prelude::*;

use super::*;
use crate::formats::tests::shared;

#[track_caller]
fn entry(text: &str) -> Entry<'_> {
    match line(text) {
        Ok(Line::Entry(entry)) => *entry,
        other => panic!("{text}: {other:?}"),
    }
}

fn pairs(entry: &Entry<'_>) -> Vec<(String, String)> {
    entry.pairs.clone()
}

fn own(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn klog_header_has_level_thread_caller_and_no_year() {
    let read = entry("I0405 06:07:08.123456       1 file.go:12] msg of it\n");
    assert_eq!((read.form, read.time, read.needs_year()), (Form::Klog, None, true));
    assert_eq!(read.with_year(2031), Micros::parse("2031-04-05T06:07:08.123456Z"));
    assert_eq!((read.level, read.level_written.as_deref()), (Some(Level::Info), Some("I")));
    assert_eq!((read.thread, read.caller.as_deref()), (Some(1), Some("file.go:12")));
    assert_eq!(read.message, "msg of it");
}

#[test]
fn letters_are_the_levels_of_aks_control_plane() {
    for (letter, level) in [("I", "Info"), ("W", "Warning"), ("E", "Error"), ("F", "Fatal")] {
        let text = format!("{letter}1231 23:59:59.000000 1234567 a.go:1] x");
        assert_eq!(entry(&text).level.map(|level| level.to_string()).as_deref(), Some(level));
    }
}

#[test]
fn message_may_have_brackets_or_be_empty() {
    assert_eq!(entry("I0405 06:07:08.123456 1 a.go:1] a] b[0]").message, "a] b[0]");
    assert_eq!(entry("I0405 06:07:08.123456 1 a.go:1] ").message, "");
}

#[test]
fn structured_klog_gives_message_and_pairs() {
    let read = entry(
        r#"I0405 06:07:08.123456       1 pod.go:9] "Pod status \"updated\"" pod="shop/cart-0" status={Phase:Running IPs:[1 2]} n=3"#,
    );
    assert_eq!((read.form, read.message.as_str()), (Form::Structured, "Pod status \"updated\""));
    let want = [("pod", "shop/cart-0"), ("status", "{Phase:Running IPs:[1 2]}"), ("n", "3")];
    assert_eq!(pairs(&read), own(&want));
}

#[test]
fn value_of_several_lines_is_open() {
    let read = entry("E0405 06:07:08.123456       1 a.go:9] \"Failed\" err=<");
    assert_eq!((read.open, pairs(&read)), (true, own(&[("err", "<")])));
    assert_eq!(line("\tline one\n"), Ok(Line::Continuation("\tline one")));
    assert_eq!(line(" > "), Ok(Line::Continuation(" > ")));
}

#[test]
fn quoted_start_without_pairs_after_it_stays_text() {
    let read = entry("I0405 06:07:08.123456 1 a.go:1] \"a\" is not a pair");
    assert_eq!((read.form, read.message.as_str()), (Form::Klog, "\"a\" is not a pair"));
}

#[test]
fn go_panic_lines_are_continuations() {
    for text in [
        "panic: runtime error: index out of range [5]",
        "goroutine 1 [running]:",
        "main.main()",
        "\t/a/b.go:3 +0x1d",
        "",
    ] {
        assert_eq!(line(text), Ok(Line::Continuation(text)));
    }
}

#[test]
fn header_with_an_impossible_clock_is_an_error() {
    for text in [
        "I0405 25:07:08.123456       1 file.go:12] msg",
        "I1305 06:07:08.123456       1 file.go:12] msg",
        "I0405 06:07:08.123456       x file.go:12] msg",
        "I0405 06:07:08.123456       1 file.go:12 msg",
        "I0405 06:07:08.123456       1 file.go] msg",
    ] {
        assert!(line(text).is_err(), "{text}");
    }
}

#[test]
fn json_of_kubernetes_in_milliseconds_with_a_fraction() {
    let read = entry(r#"{"ts":1933135628034.0015,"caller":"app/a.go:12","msg":"hi\n","v":0,"pod":{"name":"x"}}"#);
    assert_eq!((read.form, read.time), (Form::Json, Micros::parse("2031-04-05T06:07:08.034001Z")));
    assert_eq!((read.caller.as_deref(), read.message.as_str(), read.level), (Some("app/a.go:12"), "hi\n", None));
    assert_eq!(pairs(&read), own(&[("v", "0"), ("pod", r#"{"name":"x"}"#)]));
}

#[test]
fn json_of_zap_in_seconds_with_a_level() {
    let read = entry(r#"{"level":"info","ts":1632889070.3075402,"logger":"controller","msg":"hi"}"#);
    assert_eq!(read.time, Micros::parse("2021-09-29T04:17:50.307540Z"));
    assert_eq!((read.level, read.logger.as_deref()), (Some(Level::Info), Some("controller")));
}

#[test]
fn json_without_a_message_or_cut_is_a_continuation() {
    for text in [r#"{"kind":"Event","level":"Metadata"}"#, r#"{"msg":"x""#, r#"{"msg":5,"v":0}"#, "{}"] {
        assert_eq!(line(text), Ok(Line::Continuation(text)));
    }
}

#[test]
fn logfmt_of_logrus_and_go_kit() {
    let read = entry(r#"time="2031-04-05T06:07:08Z" level=info msg="say \"hi\"" ns=shop"#);
    assert_eq!((read.form, read.level), (Form::Logfmt, Some(Level::Info)));
    assert_eq!(read.time, Micros::parse("2031-04-05T06:07:08Z"));
    assert_eq!((read.message.as_str(), pairs(&read)), ("say \"hi\"", own(&[("ns", "shop")])));
    let read = entry("level=warn ts=2031-04-05T06:07:08.123Z caller=main.go:1 msg=hi component=x y=");
    assert_eq!((read.level, read.caller.as_deref()), (Some(Level::Warning), Some("main.go:1")));
    assert_eq!(pairs(&read), own(&[("component", "x"), ("y", "")]));
}

#[test]
fn logfmt_needs_a_level_and_nothing_but_pairs() {
    for text in ["a=b c=d", "level=info and words", "level=info", "type=SYSCALL msg=audit(1.2:3): a=b"] {
        assert_eq!(line(text), Ok(Line::Continuation(text)), "{text}");
    }
    assert!(line("time=yesterday level=info msg=x").is_err());
}

#[test]
fn zap_console_with_and_without_logger_and_caller() {
    let read = entry("2031-04-05T06:07:08.123Z\tINFO\tsetup\tmain/a.go:12\tstarting\t{\"a\": 1, \"b\": \"c\"}");
    assert_eq!((read.form, read.time), (Form::Zap, Micros::parse("2031-04-05T06:07:08.123Z")));
    assert_eq!((read.logger.as_deref(), read.caller.as_deref()), (Some("setup"), Some("main/a.go:12")));
    assert_eq!((read.message.as_str(), pairs(&read)), ("starting", own(&[("a", "1"), ("b", "c")])));
    let read = entry("2031-04-05T06:07:08.123Z\tERROR\tfailed");
    assert_eq!((read.level, read.logger, read.message.as_str()), (Some(Level::Error), None, "failed"));
    let read = entry("2031-04-05T06:07:08.123Z\tDPANIC\tctrl\tfailed");
    assert_eq!((read.level, read.logger.as_deref()), (Some(Level::Fatal), Some("ctrl")));
}

#[test]
fn go_escapes_are_decoded_and_others_kept() {
    let read = entry(r#"level=info msg="\u00e9\x41\t\U0001f600\q\ud800\xff" "#);
    assert_eq!(read.message, "éA\t😀\\q\\ud800\\xff");
}

/// The files are real logs of OpenShift; the counts were made by
/// `grep -cE '^[IWEF][0-9]{4} [0-9:]{8}\.[0-9]{6} +[0-9]+ [^ ]+:[0-9]+\]'`.
#[test]
fn headers_of_a_real_log_are_counted_as_grep_counts_them() {
    let folder = "insights-archive/conditional/namespaces/openshift-cluster-samples-operator/\
        pods/cluster-samples-operator-8ffb9b45f-49mjr/containers/cluster-samples-operator-watch/logs";
    let Ok(text) = std::fs::read_to_string(shared(folder).join("last-100-lines.log")) else { return };
    let headers = text.lines().filter(|text| matches!(line(text), Ok(Line::Entry(_)))).count();
    assert_eq!((headers, text.lines().count()), (KLOG_HEADERS, KLOG_LINES));
}

const KLOG_HEADERS: usize = 3;
const KLOG_LINES: usize = 6;

proptest! {
    #[test]
    fn any_text_is_read_or_refused(
        text in "([IWEF][0-9]{4} [0-9:]{8}\\.[0-9]{6} +1 a.go:1\\] )?[\"\\\\{}a-z=<é \\t\\[\\]0-9xuU:,]{0,60}",
    ) {
        let _ = line(&text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = line(&String::from_utf8_lossy(&bytes));
    }
}
