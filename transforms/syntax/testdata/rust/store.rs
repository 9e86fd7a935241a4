//! A store of rows.
#![allow(dead_code)]
#![cfg_attr(feature = "nightly", feature(test))]

use std::collections::{hash_map::{self, Entry}, BTreeMap, HashMap as Map};
use std::io::{self, Read as _, Write};
use crate::rows::*;
use self::inner::Deep;
use super::super::sibling::{helper, self};
use ::log;
use serde as s;
pub use crate::rows::Row as PublicRow;
extern crate alloc as heap;
extern crate core;

mod rows;

pub mod inner {
    use super::Store;

    pub struct Deep(pub u32, Store);

    pub(crate) fn deep(d: &Deep) -> u32 {
        d.0
    }
}

macro_rules! square {
    ($x:expr, $($rest:ident),*) => {
        $x * $x
    };
    () => { 0 };
}

#[macro_export]
macro_rules! declare {
    ($name:ident) => { struct $name; };
}

declare!(Generated);

pub const LIMIT: usize = 1 << 10;
static mut COUNTER: u64 = 0;

pub type Rows<'a, T = u8> = Vec<Option<&'a T>>;

#[derive(Debug, Clone)]
pub struct Store<'a, K: Ord, V = String, const N: usize>
where
    K: Clone + 'a,
{
    pub rows: Map<K, V>,
    name: &'a str,
    handler: Box<dyn Fn(K) -> V>,
}

#[repr(u8)]
pub enum Event<T> {
    Open,
    Close = 7,
    Put(T, usize),
    Move { from: usize, to: usize },
}

union Bits {
    int: u32,
    float: f32,
}

struct Unit;

pub trait Shape: Clone + Send {
    const SIDES: u32;
    type Output: Default;

    fn area(&self, scale: f64) -> f64;
    fn new(name: &str) -> Self
    where
        Self: Sized;
    fn label(self) -> String {
        format!("{} sides", Self::SIDES)
    }
}

impl<'a, K: Ord + Clone, V> Store<'a, K, V> {
    pub const EMPTY: usize = 0;

    pub fn new(name: &'a str, handler: Box<dyn Fn(K) -> V>) -> Self {
        Self { rows: Map::new(), name, handler }
    }

    pub fn put(&mut self, key: K, mut value: V) -> Option<V> {
        let previous = self.rows.insert(key.clone(), value);
        if let Some(ref old) = previous && old.len() > 0 {
            println!("{old} {}", key);
        }
        previous
    }

    fn scan<F>(self: &Self, visit: F, (low, high): (usize, usize), _: u8) -> io::Result<usize>
    where
        F: Fn(&K, &V) -> bool,
    {
        let mut count = 0usize;
        'rows: for (k, v) in &self.rows {
            if !visit(k, v) {
                continue 'rows;
            }
            count += 1;
            while let Some(x) = self.next::<u32>() {
                break 'rows;
            }
        }
        let total: u64 = self.rows.iter().map(|(_, v)| v.size() as u64).sum::<u64>();
        let Store { rows, name: label, .. } = self else { return Err(io::Error::other("x")) };
        let add = move |a: u32, b| -> u32 { a + b };
        add(low as u32, 3)?;
        Ok(count)
    }
}

impl<'a, K: Ord, V> Drop for Store<'a, K, V> {
    fn drop(&mut self) {
        unsafe { COUNTER -= 1 };
    }
}

impl<T> inner::Visit for Event<T> {
    type Item = T;

    fn visit(&self) {}
}

impl Shape for &mut Unit {
    const SIDES: u32 = 0;
    type Output = u8;
    fn area(&self, _scale: f64) -> f64 {
        0.0
    }
    declare!(Inside);
}

fn classify<T: Into<usize> + PartialEq<usize>>(event: Event<T>, r#type: u8, n: i32) -> usize {
    match event {
        Event::Open | Event::Close => 0,
        Event::Put(value, size @ 1..=LIMIT) if size > 2 => value.into() + size,
        Event::Put(_, limit) => limit,
        Event::Move { from, to: target } => from + target,
        #[allow(unreachable_patterns)]
        other => classify(other, r#type, n),
    };
    match n {
        i32::MAX => 1,
        LIMIT_I32 => 2,
        -1 | 0 => 3,
        x @ (5 | 6) => x as usize,
        ref y if *y > 3 => 4,
        _ => 5,
    }
}

const LIMIT_I32: i32 = 9;

async fn build(client: &s::Client) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let text = client.get("/").send().await?.text().await?;
    let row = PublicRow { id: 1, text, ..Default::default() };
    let [first, .., last] = [1, 2, 3];
    let (a, (b, &c)) = (1, (2, &3));
    let unit = inner::Deep(1, make());
    let made = Vec::<u8>::with_capacity(LIMIT);
    let other = <Store<'_, u8> as Shape>::new("x");
    let table = vec![first; last];
    let short = heap::vec::Vec::from([a, b, c]);
    assert_eq!(table.len(), inner::deep(&unit), "message {}", row.id);
    std::write!(out, "{}", short)?;
    fn nested(z: u8) -> u8 {
        z
    }
    loop {
        let block = { nested(1) };
        break;
    }
    if let Ok(v) | Err(v) = made.binary_search(&3) {
        let _ = v;
    }
    let check = matches!(text, Some(c) if c > 1);
    let f: for<'b> fn(&'b u8, count: usize) -> u8 = |_, _| 0;
    (row.callback)(1, 2);
    let t = row.pair.0.max(3);
    return Ok(());
}

pub fn generic<const M: usize, I>(items: impl Iterator<Item = I>) -> impl Fn(I) -> [u8; M]
where
    I: IntoIterator,
    for<'c> &'c I: Send,
    <I as IntoIterator>::Item: Copy,
{
    |item| [0; M]
}

extern "C" {
    fn puts(s: *const u8, ...) -> i32;
    static environ: *const u8;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares() {
        let n = 3;
        assert!(square!(n, a, b) == 9);
    }
}
