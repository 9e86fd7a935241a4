// Types only: aliases, conditional and mapped types, namespaces, merging.
import fs from "fs";

export type Id = string | number;
export type Point = { x: number; y: number; move(dx: number, dy?: number): Point; nested: { deep: string } };
type Handler<E = Event> = (event: E, ...rest: unknown[]) => void;
type Ctor<T> = abstract new (...args: any[]) => T;
type Unpacked<T> = T extends (infer U)[] ? U : T extends (...args: infer A) => infer R ? [A, R] : never;
type Getters<T> = { readonly [K in keyof T as `get${Capitalize<K & string>}`]?: () => T[K] };
type Range = [start: number, end?: number, ...rest: Id[]];
type Mod = typeof import("./service");
type Deep = fs.Stats["size"] | typeof fs.constants | Shapes.Inner.Square<Point>;
type Fn = typeof helper extends (x: infer P extends string) => void ? P : never;

interface Registry extends Map<Id, Point>, Shapes.Base {
  (key: Id): Point;
  new (size: number): Registry;
  [index: number]: Point;
  get count(): number;
  handler: Handler;
  callback?: (err: Error | null, at: Point) => void;
}
interface Closed { only: string }
class Merged { a = 1 }
interface Merged { b: number }

export namespace Shapes {
  export interface Base { area(): number }
  export const unit = 1;
  export namespace Inner { export class Square<T> implements Base { constructor(public side: number) {} area() { return this.side * unit; } } }
}
namespace A.B { export function f(x: Shapes.Base): x is Shapes.Base { return !!x; } }

declare module "express" { interface Request { user: Closed } }
declare global { interface Window { registry: Registry } var DEBUG: boolean; }
declare function helper(x: string): void;
declare let external: unique symbol;
function dispatch(this: Registry, key: Id, cb: Handler = () => {}): asserts key is string {
  const { x, y: renamed = 1 }: Point = this(key);
  label: while (DEBUG) { break label; }
  cb(A.B.f(x as any) ? renamed : external);
}
export = dispatch;
export as namespace Dispatch;
