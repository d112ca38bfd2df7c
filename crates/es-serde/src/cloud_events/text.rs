//! Which texts CloudEvents allow: specification 1.0.2, sections "Naming Conventions" and "Type
//! System".

use es_core::{InvalidTimestamp, Timestamp};

use super::CloudEventError;

/// How long the name of an extension should be at most.
const MAX_NAME_BYTES: usize = 20;
/// What is wrong with a value that is none.
pub(super) const NO_TEXT: &str = "holds a control character or a Unicode noncharacter";

/// Whether an attribute may have this name.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    !name.is_empty() && name.bytes().all(allowed)
}

/// Whether a new extension should have this name.
pub(super) fn is_good_name(name: &str) -> bool {
    is_name(name) && name.len() <= MAX_NAME_BYTES
}

/// Whether an attribute may have this value.
pub(super) fn is_text(text: &str) -> bool {
    let noncharacter = |character: char| {
        let code = u32::from(character);
        code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code)
    };
    !text
        .chars()
        .any(|character| character.is_control() || noncharacter(character))
}

/// Takes a text for an attribute that must have one.
pub(super) fn checked(attribute: &str, text: &str) -> Result<String, CloudEventError> {
    if text.is_empty() {
        Err(CloudEventError::invalid(attribute, "is empty"))
    } else if is_text(text) {
        Ok(text.to_owned())
    } else {
        Err(CloudEventError::invalid(attribute, NO_TEXT))
    }
}

/// Reads a time that an attribute has.
pub(super) fn time(attribute: &'static str, text: &str) -> Result<Timestamp, CloudEventError> {
    text.parse()
        .map_err(|error: InvalidTimestamp| CloudEventError::meaning(attribute, error))
}

/// Whether it has only the characters of a URI reference (RFC 3986, appendix A).
pub(super) fn is_uri_reference(text: &str) -> bool {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default();
    first.bytes().all(is_uri_byte) && parts.all(begins_with_two_digits)
}

fn begins_with_two_digits(part: &str) -> bool {
    let (digits, rest) = part.as_bytes().split_at(part.len().min(2));
    digits.len() == 2
        && digits.iter().all(u8::is_ascii_hexdigit)
        && rest.iter().copied().all(is_uri_byte)
}

fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_reference_has_no_blanks_and_whole_percent_signs() {
        for good in [
            "urn:log:claims",
            "/here",
            "https://a.example/b?c=%20#d",
            "#",
        ] {
            assert!(is_uri_reference(good), "{good}");
        }
        for bad in ["a b", "100%", "%2", "%zz", "%é", "ümlaut", "<a>"] {
            assert!(!is_uri_reference(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_no_character_is_no_text() {
        for bad in [
            "\n",
            "\u{7F}",
            "\u{85}",
            "\u{FFFE}",
            "\u{FDD0}",
            "\u{10FFFF}",
        ] {
            assert!(!is_text(bad), "{bad:?}");
        }
        assert!(is_text("Zoë, 李 🦀"));
    }
}
