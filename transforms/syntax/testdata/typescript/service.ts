// Decorators, parameter properties, generics, overloads, abstract classes.
import type { Logger, LogLevel as Level } from "./logging";
import { Injectable, type Provider, Inject } from "@framework/core";
import express = require("express");
import Router = express.Router;
import "reflect-metadata";
export type { Level };
export { Provider as ServiceProvider } from "./provider";

export enum Status { Idle, Busy = 1 << 1, Done = Busy | Idle, "in-doubt" }
declare const enum Flags { None = 0 }

export abstract class Repository<T extends { id: string }, K = T["id"]> implements Iterable<T> {
  protected abstract table: string;
  static #count = 0;
  private readonly items: Map<K, T> = new Map<K, T>();
  declare size: number;
  onSave?: (item: T, index?: number) => void;
  handler = (event: Event, ...rest: unknown[]): boolean => rest.length > 0;

  abstract find(key: K): Promise<T | undefined>;
  save(item: T): void;
  save(item: T, status: Status): void;
  save(item: T, status?: Status): void { this.items.set(item.id as unknown as K, item); this.onSave?.(item, status); }
  get first(): T { return [...this.items.values()][0]!; }
  set first(value: T) { this.save(value); }
  [Symbol.iterator](): Iterator<T> { return this.items.values(); }
}

@Injectable({ scope: "request" })
export class UserService extends Repository<User> {
  protected table = "users";
  @Inject(TOKEN) private readonly token!: string;

  constructor(private readonly logger: Logger, @Inject() public level: Level = "info", retries = 3) {
    super();
    this.logger.log(this.level, `${retries} retries`);
  }

  async find(this: UserService, key: string): Promise<User | undefined> {
    const { data, status: { code = 200 } } = await this.fetch<User>(key, { method: "GET" });
    const fallback = <User>{ id: key }, typed = data as User, checked = { id: key } satisfies User;
    const format: (input: User, pad?: string) => string = (u) => u.id;
    const compare = (a: User, b: User): number => a.id.localeCompare(b.id);
    let current: User | null = null;
    for (const candidate of [fallback, typed, checked]) current = candidate;
    if (isUser(current)) return format(current), compare(current, data), current;
    return code in Status ? undefined : new Cache<User>(key).get!(key)?.value;
  }

  @Memo() @Trace
  private fetch<R>(key: string, init?: RequestInit): Promise<{ data: R; status: { code?: number } }> {
    return fetch(`/users/${key}`, init).then((res) => res.json());
  }
}

export function isUser(value: unknown): value is User { return typeof value === "object"; }
function assertUser(value: unknown): asserts value is User { if (!isUser(value)) throw new TypeError("user"); }
export const makeService = <S extends UserService>(ctor: new (logger: Logger) => S, ...args: string[]): S => new ctor(console);
export default UserService;

interface User { readonly id: string; name?: string; rename(to: string, force?: boolean): User; on(cb: (user: User) => void): this }
const app = express(), router: Router = Router();
router.get("/", async (req, res) => { await using lock = acquire(req); res.send(lock); });
