//! Container lines, their parts joined.

use proptest::prelude::*;

use super::*;

fn feed(joiner: &mut Joiner, texts: &[&str]) -> Vec<Joined> {
    let mut at = 0;
    let mut joined = Vec::new();
    for text in texts {
        let end = at + text.len() as u64 + 1;
        joined.extend(joiner.feed(line(text).unwrap(), 1, at..end));
        at = end;
    }
    joined
}

#[test]
fn whole_line_of_the_runtime_interface() {
    let read = line("2031-04-05T06:07:08.123456789Z stderr F  two  blanks \n").unwrap();
    assert_eq!(Some(read.time), Micros::parse("2031-04-05T06:07:08.123456Z"));
    assert_eq!((read.stream, read.partial, &*read.message), (Stream::Stderr, false, " two  blanks "));
}

#[test]
fn empty_line_offset_and_further_tags() {
    assert_eq!(line("2031-04-05T06:07:08.1+02:00 stdout F").unwrap().message, "");
    assert_eq!(line("2031-04-05T06:07:08.1+02:00 stdout F ").unwrap().message, "");
    assert!(line("2031-04-05T06:07:08Z stdout P:x a").unwrap().partial);
}

#[test]
fn line_of_docker_with_and_without_its_line_end() {
    let text = r#"{"log":"a\tb\n","stream":"stdout","time":"2031-04-05T06:07:08.123456789Z"}"#;
    let read = line(text).unwrap();
    assert_eq!((read.stream, read.partial, &*read.message), (Stream::Stdout, false, "a\tb"));
    let text = r#"{"log":"part","stream":"stderr","attrs":{"a":"b"},"time":"2031-04-05T06:07:08Z"}"#;
    let read = line(text).unwrap();
    assert_eq!((read.stream, read.partial, &*read.message), (Stream::Stderr, true, "part"));
}

#[test]
fn other_lines_are_refused() {
    for text in [
        "",
        "2031-04-05T06:07:08Z stdout X msg",
        "2031-04-05T06:07:08Z stdin F msg",
        "2031-04-05 stdout F msg",
        "1933135628 stdout F msg",
        "yesterdayT stdout F msg",
        r#"{"log":"a\n","stream":"stdout"}"#,
        r#"{"log":"a\n","stream":"stdout","time":"2031-04-05T06:07:08Z","category":"kube-audit"}"#,
        r#"{"log":"a\n","stream":"tty","time":"2031-04-05T06:07:08Z"}"#,
    ] {
        assert!(line(text).is_err(), "{text}");
    }
}

#[test]
fn parts_of_two_streams_interleave() {
    let mut joiner = Joiner::new(1000);
    let joined = feed(
        &mut joiner,
        &[
            "2031-04-05T06:07:08Z stdout P ab",
            "2031-04-05T06:07:09Z stderr P xy",
            "2031-04-05T06:07:10Z stdout F cd",
            "2031-04-05T06:07:11Z stdout F ef",
        ],
    );
    let texts: Vec<(&str, i64)> = joined.iter().map(|j| (j.message.as_str(), j.time.0 % 60_000_000)).collect();
    assert_eq!(texts, [("abcd", 8_000_000), ("ef", 11_000_000)]);
    assert_eq!(joined[0].ranges, [0..33, 66..99]);
    let rest = joiner.finish();
    assert_eq!((rest[0].message.as_str(), rest[0].ended), ("xy", Ended::Finish));
    assert!(joiner.finish().is_empty());
}

#[test]
fn limit_gives_the_line_out_in_pieces_that_say_so() {
    let part = "2031-04-05T06:07:08Z stdout P 0123456789";
    let mut joiner = Joiner::new(40);
    let joined =
        feed(&mut joiner, &[part, part, part, "2031-04-05T06:07:08Z stdout F e", "2031-04-05T06:07:08Z stdout F n"]);
    let seen: Vec<_> = joined.iter().map(|j| (j.message.as_str(), j.ended, j.continues)).collect();
    let want =
        [("01234567890123456789", Ended::Full, false), ("0123456789e", Ended::Whole, true), ("n", Ended::Whole, false)];
    assert_eq!(seen, want);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = line(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn ranges_and_text_go_out_as_they_came_in(
        parts in proptest::collection::vec((any::<bool>(), any::<bool>(), "[a-zé]{0,9}"), 0..60),
        limit in 0_usize..200,
    ) {
        let mut joiner = Joiner::new(limit);
        let mut out = Vec::new();
        for (at, (stderr, partial, text)) in parts.iter().enumerate() {
            let stream = if *stderr { Stream::Stderr } else { Stream::Stdout };
            let line = Line { time: Micros(0), stream, partial: *partial, message: Cow::Borrowed(text), attrs: None };
            out.extend(joiner.feed(line, 1, at as u64..at as u64 + 1));
        }
        out.extend(joiner.finish());
        for stream in [Stream::Stdout, Stream::Stderr] {
            let of = |(at, (stderr, _, _)): &(usize, &(bool, bool, String))| {
                (*stderr == (stream == Stream::Stderr)).then_some(*at as u64)
            };
            let fed: Vec<u64> = parts.iter().enumerate().filter_map(|part| of(&part)).collect();
            let mine = out.iter().filter(|joined| joined.stream == stream);
            let given: Vec<u64> = mine.clone().flat_map(|joined| joined.ranges.iter().map(|r| r.start)).collect();
            prop_assert_eq!(fed.clone(), given);
            let text: String = mine.map(|joined| joined.message.as_str()).collect();
            let want: String = fed.iter().map(|at| parts[*at as usize].2.as_str()).collect();
            prop_assert_eq!(text, want);
        }
    }
}
