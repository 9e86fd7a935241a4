// An inventory, written to cover what C# can bind, call and declare.
extern alias Legacy;
global using System.Text;
using System;
using System.Collections.Generic;
using static System.Math;
using Json = Newtonsoft.Json.JsonConvert;
using IntMap = System.Collections.Generic.Dictionary<string, int>;
using global::Acme.Tools;

[assembly: InternalsVisibleTo("Acme.Tests", AllInternalsVisible = true)]

namespace Acme.Inventory
{
    using System.Linq;

    public delegate TResult Picker<in T, out TResult>(T item, int count = 1) where T : class;

    [Serializable, Table("items", Schema = "inv")]
    public partial class Inventory<T> : Base<T>, IStore, IEnumerable<Item> where T : Item, new()
    {
        private const int Limit = 10, Max = 20;
        private static readonly Dictionary<string, List<Item>> items = new Dictionary<string, List<Item>>();
        private Item last, first = new("x", 1);
        public event EventHandler<ItemArgs> Changed;
        public event Action Custom { add { hooks.Add(value); } remove { hooks.Remove(value); } }

        public string Name { get; private set; } = "none";
        public int Count => items.Count;
        public int Size
        {
            get { return size; }
            set { size = value; Changed?.Invoke(this, new ItemArgs(value)); }
        }
        public Item this[string key, int index = 0] => items[key][index];
        string IStore.Key { get { return Name; } }

        public Inventory(string name, params string[] tags) : base(name, capacity: Limit)
        {
            this.Name = name;
            foreach (var tag in tags) { Add(tag); }
        }

        static Inventory() { }

        ~Inventory() { Dispose(false); }

        public static Inventory<T> operator +(Inventory<T> a, Inventory<T> b) => a;
        public static implicit operator int(Inventory<T> inv) => inv.Count;
        public static bool operator true(Inventory<T> v) => v.Count > 0;
        public static bool operator false(Inventory<T> v) => v.Count == 0;

        [Obsolete("no")]
        public async Task<T> FindAsync<TKey>([NotNull] TKey key, ref int depth, out bool found, in Item hint, int? limit = null, CancellationToken token = default)
            where TKey : IComparable<TKey>
        {
            found = false;
            if (!(key is string text)) return null;
            if (items.TryGetValue(text, out var list) && list is { Count: > 0 } many)
            {
                Log(list.Count, many);
            }
            Parse(text, out int parsed, out _);
            var upper = text.ToUpper().Trim();
            var maker = new Item(upper, qty: parsed) { Price = 3, Tags = { "a", upper }, [0] = first };
            Item short1 = new(upper, 2);
            var anon = new { upper, maker.Price, Extra = 1 };
            var dict = new IntMap { ["k"] = 1, { "z", 2 } };
            var (a, (b, _)) = Split(upper);
            (int c, string d) = (1, d: "x");
            (last, first) = (first, last);
            var pair = (Id: parsed, Label: upper);
            await Task.Delay(10, cancellationToken: token).ConfigureAwait(false);
            var call = this.Convert<Item>(maker)!.Price;
            last?.Owner?.Notify(call, named: pair.Id);
            var elem = items?[text]?.Count;
            string s = $"hello {upper,10:F2} and {maker.Price + parsed} {{literal}}";
            string v = $@"raw {upper}";
            string raw = """triple""";
            nameof(Limit).ToString();
            var t = typeof(Dictionary<,>);
            var def = default(T);
            var coll = checked(parsed + Limit) as object;
            global::System.Console.WriteLine("x");
            Legacy::Foo.Bar(1);
            return (T)(object)maker;
        }

        void Patterns(object o, Shape shape)
        {
            switch (o)
            {
                case int i when i > 0:
                    var shared = i;
                    break;
                case Item { Price: var price, Owner.Name: "x" } item:
                    shared = 2;
                    break;
                case Color.Red:
                case null:
                    goto case 1;
                default:
                    goto done;
            }
            done:
            var area = shape switch
            {
                Circle(var r) => r,
                Ring { Name: { } nm } c => nm.Length * c.Radius,
                Square sq and not null => sq.Side,
                (var x, 0) => x,
                [var head, ..] => head,
                > 5 or < 1 => 2,
                Item => 4,
                Color.Blue => 5,
                _ => throw new ArgumentException(nameof(shape)),
            };
            for (int j = 0, k = 1; j < k; j++, k--) { continue; }
            foreach (var (key, val) in items) { Use(key, val); }
            foreach (Item it in this.All()) { }
            using (var file = Open("a")) { file.Read(); }
            using var other = Open("b");
            await using (var f2 = Open2()) { }
            lock (this) { }
            fixed (byte* p = &buffer[0]) { *p = 1; }
            try { Risky(); }
            catch (IOException e) when (e.HResult == 1) { throw; }
            catch (Exception) { }
            finally { }
            while (Next() is Item nx) { Use(nx); }
            int Local(int z, int y = 2) { return z + y + Limit; }
            static int Sq(int n) => n * n;
            Func<int, int> f = q => q + 1, g = (w) => { int inner = w; return inner; };
            Func<Item, int, bool> h = (Item u, int m) => u.Price > m;
            Action act = delegate { };
            Action<int> act2 = delegate(int dd) { Use(dd); };
            var query = from it2 in items
                        join o2 in owners on it2.Id equals o2.Id into grp
                        let total = it2.Price * 2
                        where total > 3
                        orderby total descending, it2.Name
                        group it2 by it2.Name into byName
                        select new { byName.Key, N = byName.Count() };
            var q2 = from Item z2 in items select z2;
            arr[0] = arr[^1]; var rng = arr[1..2];
            var w2 = rec with { Name = "q" };
            int[] nums = { 1, 2 }; var nums2 = new[] { 1, 2 }; var nums3 = new Item[3];
            Span<int> st = stackalloc int[3];
            unsafe { int* pp = stackalloc int[2]; pp->ToString(); }
            yield return nums;
            ref var rr = ref nums[0];
            a.b.C.D<int>.E();
            System.IO.File.ReadAllText("x");
            const int LocalConst = 3;
            object.ReferenceEquals(a, b);
            string.Format("x", LocalConst);
            do { } while (false);
            if (o is var (m1, m2)) { Use(m1, m2); }
            foreach ((int p1, Item i1) in pairs) { Use(p1, i1); }
            a?.B?[1].D(ref nums, x: out var oo);
            var sub = from i3 in items join Item j3 in owners on i3.Id equals j3.Id select new { i3, j3 };
            foo!.Bar();
            pick = new Picker<int, Item>(Local);
            throw new StoreException("x") { Code = Limit };
        }
    }

    public interface IStore<T> : IDisposable, System.IComparable where T : struct
    {
        string Key { get; set; }
        void Put(T value, int count = 1);
        event Action Done;
        int this[int i] { get; }
        static int Zero() => 0;
    }

    public enum Color : byte { Red = 1, Green = Red << 1, [Obsolete] Blue }

    public struct Vec { public float X, Y; public Vec(float x, float y) : this(x) { X = x; Y = y; } }

    public record Person(string First, string Last = "x") : Entity(First), INamed
    {
        public string Full => First + Last;
    }

    public readonly record struct Pos(int Row);

    public static class Extensions
    {
        public static int Twice(this Item item, int by = 2) => item.Price * by;
        internal class Nested { private class Deep { void M() { } } }
    }
#if DEBUG
    class DebugOnly { void Run() { } }
#else
    class ReleaseOnly { }
#endif
}
