//! Lays JSON text out over lines for reading. It changes only the white space between tokens, never checks grammar
//! and never stops early: text that is not JSON comes out whole as well.

/// Returns the text with a line for every member and element, indented by two.
pub fn indent(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut depth = 0usize;
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        if quoted {
            line.push(c);
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '"' => {
                quoted = true;
                line.push(c);
            }
            '{' | '[' => {
                line.push(c);
                depth += 1;
                turn(&mut lines, &mut line, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                let bare = line.trim().is_empty();
                let opened = lines.last().is_some_and(|l: &String| l.ends_with(['{', '[']));
                match lines.pop() {
                    Some(open) if bare && opened => line = open,
                    last => {
                        lines.extend(last);
                        turn(&mut lines, &mut line, depth);
                    }
                }
                line.push(c);
            }
            ',' => {
                line.push(c);
                turn(&mut lines, &mut line, depth);
            }
            ':' => line.push_str(": "),
            c if c.is_whitespace() => {}
            c => line.push(c),
        }
    }
    if !line.trim().is_empty() {
        lines.push(line);
    }
    lines
}

fn turn(lines: &mut Vec<String>, line: &mut String, depth: usize) {
    if !line.trim().is_empty() {
        lines.push(std::mem::take(line));
    }
    // Deeper than any real event; a line of nothing but brackets must not fill the screen with space.
    *line = "  ".repeat(depth.min(40));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_get_lines_and_strings_stay_whole() {
        let lines = indent(r#"{"a":[1,2],"b":"x\",{y","c":{},"d":[]}"#);
        assert_eq!(
            lines,
            [
                "{",
                "  \"a\": [",
                "    1,",
                "    2",
                "  ],",
                "  \"b\": \"x\\\",{y\",",
                "  \"c\": {},",
                "  \"d\": []",
                "}"
            ]
        );
    }

    #[test]
    fn text_that_is_not_json_comes_out_whole() {
        assert_eq!(indent("}}plain,text[").concat().replace(' ', ""), "}}plain,text[");
    }
}
