import type { Request, Response } from 'express';
import { Controller, Get, Inject, Query } from './framework';
import * as money from '../lib/money';

export interface Order {
  id: string;
  lines: ReadonlyArray<Line>;
  placed?: Date;
}

type Line = { sku: string; count: number; price: money.Amount };

enum State {
  Open = 'open',
  Paid = 'paid',
}

export function total(lines: readonly Line[], round: boolean = true): money.Amount {
  const sum = lines.reduce((all, line) => money.add(all, money.times(line.price, line.count)), money.zero);
  return round ? money.round(sum, 2) : sum;
}

@Controller('/orders', { version: API_VERSION })
export class OrderController {
  private readonly cache = new Map<string, Order>();

  constructor(@Inject(OrderStore) private readonly store: OrderStore) {
    super();
  }

  @Get(':id')
  async find(id: string, @Query('fresh') fresh?: boolean): Promise<Order | undefined> {
    if (!fresh && this.cache.has(id)) {
      return this.cache.get(id);
    }
    const order = await this.store.load<Order>(id, { lines: true });
    if (order !== undefined) {
      this.cache.set(id, order);
    }
    return order;
  }

  async list(request: Request, response: Response): Promise<void> {
    try {
      const page = Number.parseInt(String(request.query.page ?? '1'), 10);
      const orders = (await this.store.all()) as Order[];
      // Pages begin at one.
      response.json(orders.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE).map((order) => describe(order, State.Open)));
    } catch (error: unknown) {
      response.status(500).send((error as Error).message);
    }
  }
}

export const OrderTable = ({ orders, onPay }: Props) => {
  const [selected, select] = useState<Order | null>(null);
  useEffect(() => {
    document.title = `${orders.length} orders`;
  }, [orders.length]);
  return (
    <Table<Order> rows={orders} rowKey={(order) => order.id}>
      <Column title="Total" render={(order: Order) => money.format(total(order.lines))} />
      {selected && <PayButton order={selected} onClick={() => onPay(selected, State.Paid)} disabled />}
    </Table>
  );
};
