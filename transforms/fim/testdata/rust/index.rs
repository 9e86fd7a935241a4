//! An inverted index over small documents.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

pub use crate::token::{tokens, Token};

mod rank;

/// Where a word stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Posting {
    pub document: u32,
    pub offsets: Vec<u32>,
}

#[derive(Default)]
pub struct Index {
    words: HashMap<String, Vec<Posting>>,
    documents: u32,
}

impl Index {
    pub fn with_capacity(words: usize) -> Self {
        Index {
            words: HashMap::with_capacity(words),
            ..Default::default()
        }
    }

    pub fn read(&mut self, path: &Path) -> io::Result<u32> {
        let reader = BufReader::new(File::open(path)?);
        let mut added = 0;
        for (number, line) in reader.lines().enumerate() {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            added += self.add(&line);
            log::trace!("line {} of {}: {} words", number, path.display(), added);
        }
        Ok(added)
    }

    pub fn add(&mut self, text: &str) -> u32 {
        let document = self.documents;
        self.documents += 1;
        for Token { word, offset } in tokens(text) {
            let postings = self.words.entry(word.to_lowercase()).or_default();
            match postings.last_mut() {
                Some(last) if last.document == document => last.offsets.push(offset),
                _ => postings.push(Posting { document, offsets: vec![offset] }),
            }
        }
        document
    }

    pub fn search<'a>(&'a self, query: &str, limit: usize) -> Vec<(&'a Posting, f64)> {
        let mut found: Vec<_> = tokens(query)
            .filter_map(|token| self.words.get(token.word))
            .flat_map(|postings| postings.iter().map(|p| (p, rank::score(p, self.documents))))
            .collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found.truncate(limit);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_words() {
        let mut index = Index::default();
        let first = index.add("Words, and more words.");
        #[rustfmt::skip]
        let found = index.search("words", 10);
        assert_eq!(found.len(), 1, "one document, not {}", found.len());
        assert!(found.iter().all(|(p, _)| p.document == first));
        let total = std::mem::size_of::<Posting>() + "ab".parse::<usize>().unwrap_or(0);
        println!("{total} bytes");
    }
}
