#!/usr/bin/env node
// An ES module: imports, destructuring, classes, generators, closures.
import fs, { readFile as read } from "node:fs";
import * as path from "node:path";
import "./side-effect.js";
import defaults from "../defaults.json" with { type: "json" };
export { format as render, parse } from "./format.js";
export * from "./errors.js";
export * as codecs from "./codecs.js";

const MAX_RETRIES = 3;
const options = { retries: MAX_RETRIES, fs, ["key-" + defaults.name]: 1, log(level, ...args) { console[level](...args); }, onError: (err) => { throw err; }, get size() { return this.retries; } };
let counter = 0, cache;
var legacy = function named(depth) { return depth ? named(depth - 1) : 0; };

export class Store extends Base.Mixin {
  #entries = new Map();
  static instances = 0;
  limit = MAX_RETRIES;
  onChange = (key, value = null) => { this.emit(key, value); };
  static { let boot = Date.now(); Store.started = boot; }

  constructor(name, { limit = 10, tags: [first, ...others] = [] } = {}) {
    super(name);
    this.name = name;
    this.queue = new Queue(limit);
    this.#entries.set(first, others);
  }

  get size() { return this.#entries.size; }
  set size(value) { this.limit = value; }
  static of(...items) { return new Store(...items); }
  async *scan(prefix) {
    for await (const [key, { value: v, ...meta }] of this.#entries) {
      if (key.startsWith(prefix)) yield* wrap(key, v, meta);
    }
  }
  "quoted name"() { return #entries in this; }
  [Symbol.iterator]() { return this.#entries.values(); }
}

export default function main(argv, callback = () => {}) {
  const { length, 0: head, ...rest } = argv;
  const [a, , b = a, ...tail] = rest.items ?? [];
  outer: for (let i = 0, n = length; i < n; i++) {
    for (var key in options) {
      if (key === head) continue outer;
    }
  }
  try {
    counter += tail.reduce((sum, x) => sum + x, 0);
    [cache, counter] = [b, counter++];
    ({ cache, counter: options.retries } = load(path.join(a, `${key}-${counter}.json`)));
  } catch ({ message, cause: { code } = {} }) {
    console.error(`${message}: ${code}`);
  } finally {
    callback?.(null, cache);
  }
  switch (head) {
    case "x": { let shadow = 1; return shadow; }
    default: function hoisted(p) { return p; }
  }
  const total = await Promise.all(rest.map(async ({ id }, index) => id + index));
  const store = new Store("main", { limit: total.length }), raw = (await load("x")).data;
  const Anonymous = class Inner extends Store { run() { return Inner.of(); } };
  store.onChange("k"), hoisted(1), new Anonymous().run();
  const query = sql`select * from ${store.name}`;
  implicit = import.meta.url;
  return [store, raw, query, implicit, function* () { yield arguments.length; }];
}

async function load(file) {
  const { default: plugin } = await import("./plugin.js");
  const handle = open(file);
  return plugin.read(handle, JSON.parse(await read(file)));
}

let replaced = (x) => x;
replaced = legacy;
export { counter as total, main as default };
