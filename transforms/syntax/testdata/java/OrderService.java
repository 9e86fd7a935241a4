// Orders, written to cover what Java can bind, call and declare.
package com.example.shop.orders;

import static com.example.shop.Money.*;
import static java.util.stream.Collectors.toList;

import com.example.shop.Customer;
import java.io.*;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.function.Function;
import lombok.Getter;

/** Keeps orders. */
@Service("orders")
@Config(name = "main", retries = 3, codes = {200, OK})
public final class OrderService<K extends Comparable<K>, V> extends AbstractService<Order>
    implements Repository<K, V>, java.io.Closeable {
  private static final int LIMIT = 10, GRID[] = {1, 2};
  private final Map<String, List<Order>> byCustomer = new java.util.HashMap<>();
  protected Order last, first = new Order("x", 1);
  volatile boolean open;

  static {
    int warm = LIMIT;
    register(warm);
  }

  {
    open = true;
  }

  public OrderService(Clock clock, final String... names) throws IOException {
    super(clock);
    this.last = null;
    for (String name : names) {
      add(name, 1);
    }
  }

  OrderService() {
    this(Clock.systemUTC());
  }

  @Override
  @Deprecated
  public <T extends Order & Serializable> T find(@Nullable K key, Class<T> type, int[] dims[]) {
    if (!(key instanceof String text)) {
      return null;
    }
    if (key instanceof Number) {
      open = false;
    }
    String upper = text.toUpperCase().trim();
    var found = byCustomer.get(upper);
    List<Order> copy = new ArrayList<Order>(found), other = this.<Order>copyOf(found);
    Order made = new Order(upper, 2) {
      private int extra;

      @Override
      int total() {
        return super.total() + extra + OrderService.this.last.total();
      }
    };
    var built = new Order.Builder().name("n").build();
    Order.Line line = built.new Line(3);
    int n = java.util.Collections.max(dims[0]).intValue();
    return type.cast(made);
  }

  static int classify(Object o, Shape shape) {
    outer:
    for (int i = 0, j = 1; i < LIMIT; i++, j--) {
      while (true) {
        if (i == j) continue outer;
        break outer;
      }
    }
    switch (o.hashCode()) {
      case LIMIT:
        int shared = 1;
        break;
      case 2:
      default:
        shared = 2;
    }
    return switch (shape) {
      case Circle c when c.radius() > 0 -> c.area();
      case Rect(Point(var x, int y), Point second) -> x + y + second.x();
      case null, default -> {
        int fallback = 3;
        yield fallback;
      }
    };
  }

  String color(Color color) {
    switch (color) {
      case RED:
        return Color.RED.name();
      case GREEN, BLUE:
      default:
        return null;
    }
  }

  void io(Path path) throws IOException {
    try (Reader in = Files.newBufferedReader(path); BufferedReader buffered = new BufferedReader(in)) {
      String read = buffered.readLine();
    } catch (FileNotFoundException | UncheckedIOException e) {
      throw new IllegalStateException("bad: " + e.getMessage(), e);
    } finally {
      close();
    }
    synchronized (this) {
      assert open : "closed";
    }
    try {
      in2.close();
    } catch (final Exception ignored) {
    }
  }

  void lambdas(List<Order> orders) {
    Function<Order, String> one = o -> o.getName();
    orders.stream().map(Order::getName).filter(s -> !s.isEmpty()).collect(toList());
    orders.sort((a, b) -> a.total() - b.total());
    orders.forEach((final Order p) -> {
      int inner = p.total();
      System.out.println(inner);
    });
    Supplier<List<Order>> make = ArrayList::new;
    IntFunction<int[]> array = int[]::new;
    Runnable r = this::close, q = super::close;
    do {
      Object[] objs = new Object[LIMIT];
      objs[0] = (Order) objs[1];
      Class<?> k = Order.class;
    } while (open);
    int t = open ? LIMIT : -LIMIT;
    record Local(int a) {}
    String text = """
        hello %s
        """.formatted(new Local(1).a());
    Outer.Inner<String> deep = Outer.<String>make(text);
  }

  void receiver(OrderService<K, V> this, int z) {}

  @Override
  public void close() {}

  /** A line. */
  @Getter
  static class Line implements Comparable<Line> {
    @Builder
    Line(int qty) {}

    public int compareTo(Line that) {
      return 0;
    }
  }
}

enum Color implements Named {
  RED("r") {
    @Override
    String code() {
      return "R";
    }
  },
  GREEN("g"),
  @Deprecated
  BLUE;

  private final String code;

  Color() {
    this("b");
  }

  Color(String code) {
    this.code = code;
  }

  String code() {
    return code;
  }
}

record Point<T>(int x, @Nullable T... rest) implements Comparable<Point<T>> {
  static final Point<?> ZERO = new Point<>(0);

  Point {
    if (x < 0) throw new IllegalArgumentException("x");
  }

  Point(String s) {
    this(Integer.parseInt(s));
  }

  @Override
  public int compareTo(Point<T> o) {
    return Integer.compare(x, o.x);
  }
}

sealed interface Shape extends Named, Comparable<Shape> permits Circle, Rect {
  int SIDES = 4;

  double area();

  default String label(String prefix) {
    return prefix + area();
  }

  static Shape of(int n) {
    return null;
  }
}

@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@interface Config {
  String name() default "x";

  int retries() default 1;

  int[] codes() default {};
}
