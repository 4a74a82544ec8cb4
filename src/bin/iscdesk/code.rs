//! Authorization codes as people paste them: blanks and line ends around one are no part of it.

/// For clap, which has nothing to refuse here: what a code may look like is the library's to judge.
pub fn pasted(text: &str) -> Result<String, std::convert::Infallible> {
    Ok(text.trim().to_owned())
}
