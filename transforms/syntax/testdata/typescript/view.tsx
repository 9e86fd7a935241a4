// TSX: typed props, generic components and arrow functions.
import * as React from "react";
import { type FC, useReducer } from "react";

interface Props<T> extends React.HTMLAttributes<HTMLDivElement> { items: T[]; render: (item: T, index: number) => React.ReactNode; title?: string }

export function List<T extends object>({ items, render, title = "list", ...rest }: Props<T>): JSX.Element {
  const [state, dispatch] = useReducer(reducer, { open: false } as State);
  const toggle = React.useCallback(<K extends keyof State>(key: K) => dispatch({ type: "toggle", key }), [dispatch]);
  return (
    <div {...rest} onClick={() => toggle("open")}>
      <h1 className={state.open ? "open" : undefined}>{title}</h1>
      <Header.Title<T> level={2} />
      {items.map((item, i) => <React.Fragment key={i}>{render(item, i)}</React.Fragment>)}
    </div>
  );
}

export const Button: FC<{ label: string }> = ({ label }) => <button aria-label={label}>{label}</button>;
type State = { open: boolean };
const reducer = (state: State, action: { type: string; key: keyof State }): State => ({ ...state, [action.key]: !state[action.key] });
