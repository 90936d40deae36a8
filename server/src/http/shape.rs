//! A fingerprint of the page as it was sent, so that the browser can tell whether it is still what the app would hydrate.

/// Where a document that is hydrated says so.
const HYDRATED: &str = "data-mount=\"hydrate\"";

/// The document with the shape of its body in an attribute of its root.
pub fn stamped(html: &str) -> String {
    let Some((_, body)) = html.split_once("<body>") else { return html.to_owned() };
    html.replacen(HYDRATED, &format!("{HYDRATED} data-shape=\"{}\"", shape(body)), 1)
}

/// A hash of the names of all nodes in their order, up to the first script: `#text`, `#comment`, `div`. `public/boot.js`
/// makes the same one of the browser's nodes. `html` is as `leptos` writes it: every attribute in double quotes, no `<` in
/// text, and nothing for a parser to mend.
fn shape(html: &str) -> i32 {
    let mut hash = 0;
    let mut rest = html;
    while !rest.is_empty() {
        let Some(tag) = rest.strip_prefix('<') else {
            hash = with_name(hash, "#text");
            rest = rest.find('<').map_or("", |end| &rest[end..]);
            continue;
        };
        if let Some(comment) = tag.strip_prefix('!') {
            hash = with_name(hash, "#comment");
            let end = if comment.starts_with("--") { "-->" } else { ">" };
            rest = comment.split_once(end).map_or("", |(_, rest)| rest);
            continue;
        }
        let name = &tag[..tag.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(tag.len())];
        if name.eq_ignore_ascii_case("script") {
            break;
        }
        // A closing tag has no name here: it begins with the slash.
        if !name.is_empty() {
            hash = with_name(hash, name);
        }
        rest = after_tag(tag);
    }
    hash
}

fn with_name(hash: i32, name: &str) -> i32 {
    name.bytes()
        .fold(hash, |hash, byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte.to_ascii_lowercase())))
}

/// What follows the end of the tag; one within a value in quotes is none.
fn after_tag(tag: &str) -> &str {
    let mut quoted = false;
    let end = tag.find(|c| {
        quoted ^= c == '"';
        c == '>' && !quoted
    });
    end.map_or("", |end| &tag[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash of names, as `boot.js` makes it of nodes.
    fn of(names: &[&str]) -> i32 {
        names.iter().fold(0, |hash, name| with_name(hash, name))
    }

    #[test]
    fn a_shape_is_that_of_elements_texts_and_comments_in_their_order() {
        let html = r#"<div class="a > b"><!----><!>Hej <b>du</b><input value="<"/><svg><clipPath></clipPath></svg></div><script>x</script>"#;
        let names = ["div", "#comment", "#comment", "#text", "b", "#text", "input", "svg", "clippath"];
        assert_eq!(shape(html), of(&names));
    }

    #[test]
    fn a_shape_ends_at_the_first_script() {
        assert_eq!(
            shape("<p></p><script>a</script><p></p>"),
            shape("<p></p><script type=\"module\"></script>")
        );
    }

    #[test]
    fn a_document_that_is_mounted_is_not_stamped() {
        let mounted = "<html data-mount=\"mount\"><body><script></script></body></html>";
        assert_eq!(stamped(mounted), mounted);
        let hydrated = stamped("<html data-mount=\"hydrate\"><body><p></p></body></html>");
        assert_eq!(hydrated.matches("data-shape=\"112\"").count(), 1, "{hydrated}");
    }
}
