"use strict";
// CommonJS and prototypes: modules and types as they were written before classes.
var util = require("util");
const { inherits, format: fmt } = require("./helpers"), EventEmitter = require("events").EventEmitter;
var wrapped = require("./wrap")(util), plain = require(util.name);

function Queue(name, size) {
  if (!(this instanceof Queue)) return new Queue(name, size);
  EventEmitter.call(this);
  var self = this;
  this.name = name;
  this.items = [];
  this.flush = function (force) { self.items.length = force ? 0 : size; };
}
inherits(Queue, EventEmitter);

Queue.prototype.push = function push(item, done) {
  this.items.push(fmt(item));
  done && done.call(null, item);
  return arguments.length;
};
Queue.prototype.limit = 10;
Queue.from = function (items) { return items.reduce(function (q, it) { q.push(it); return q; }, new Queue()); };
Queue.Modes = { FIFO: 1, LIFO: 2 };

Stack.prototype = {
  constructor: Stack,
  pop: function () { return this.items.pop(); },
  peek(depth) { return this.items[depth]; }
};
function Stack() { this.items = []; }

class Cached {
  constructor(source) {
    this.source = source;
    const that = this;
    source.on("data", function (chunk) { that.extra = chunk; this.pause(); });
  }
}

exports.Queue = Queue;
exports.create = function (name) { return new Queue(name); };
module.exports.VERSION = "1.0";
module.exports = { Queue, Stack: Stack, "is-queue": isQueue, drain(q, max) { return q; }, wrapped, plain };

function isQueue(q) {
  if (q) { var found = true; function nested(x) { return x; } }
  for (var i = 0, part; part = q.parts[i]; i++) { total = part; }
  with_label: while (true) { break with_label; }
  return found && nested(q) && (0, util.inspect)(q) && new (getType(q))(q) && typeof total;
}
(function ($, window, undefined) { $.fn.queue = function (opts) { return window.setTimeout(opts.tick, 10); }; })(jQuery, this);
