'use strict';

import fs from 'node:fs/promises';
import path, { extname } from 'node:path';
import { createContext, useContext, useState } from 'react';
export { Link } from './link.js';

const debug = require('debug')('app:router');

const RouteContext = createContext({ path: '/', params: {} });

export class Router {
  #routes = new Map();

  constructor(options = {}) {
    this.base = options.base ?? '/';
    this.strict = Boolean(options.strict);
  }

  use(pattern, ...handlers) {
    if (handlers.length === 0) {
      throw new TypeError(`no handler for ${pattern}`);
    }
    this.#routes.set(pattern, handlers.flat());
    return this;
  }

  async handle(request, response) {
    const started = Date.now();
    for (const [pattern, handlers] of this.#routes) {
      const match = pattern.exec(request.url);
      if (!match) continue;
      request.params = { ...match.groups };
      for (const handler of handlers) {
        await handler(request, response, (error) => {
          if (error) {
            response.writeHead(500).end(error.message);
          }
        });
      }
    }
    debug('%s took %d ms', request.url, Date.now() - started);
  }
}

export async function loadPages(folder, { extensions = ['.md'] } = {}) {
  const names = await fs.readdir(folder);
  const pages = names
    .filter((name) => extensions.includes(extname(name)))
    .map(async (name) => ({
      name,
      text: await fs.readFile(path.join(folder, name), 'utf8'),
    }));
  return Promise.all(pages);
}

export function Navigation({ items, onSelect }) {
  const [open, setOpen] = useState(false);
  const route = useContext(RouteContext);
  const toggle = () => {
    setOpen((was) => !was);
    onSelect?.(route.path, open);
  };
  return (
    <nav className="navigation">
      <Button label="Menu" onClick={toggle} />
      <Menu.List open={open} {...route.params}>
        {items.map((item) => (
          <Menu.Item key={item.id} href={item.href} active={item.href === route.path}>
            {item.title}
          </Menu.Item>
        ))}
      </Menu.List>
    </nav>
  );
}
