// A store of rows.
#include "store/store.h"

#include <map>
#include <memory>
#include STORE_CONFIG

#define LIMIT 100
#define SQUARE(x) ((x) * (x))
#define DECLARE_NODE(name)   \
  struct name##Node {        \
    int value = helper(0);   \
  };
#undef UNUSED

#if defined(USE_FAST) && STORE_VERSION >= 3
#  include "fast.h"
#elif defined USE_SLOW
static int slow_mode = 1;
#else
#  error "none"
#endif

#ifdef _WIN32
int windows;
#endif

using std::string;
using namespace std::chrono;
namespace fs = std::filesystem;
using Rows = std::map<std::string, int>;
template <typename T> using Ptr = std::shared_ptr<T>;
typedef unsigned long ulong_t, *ulong_ptr;
typedef int (*Callback)(const char* text, size_t length);
typedef struct point { int x, y; } point_t;

extern "C" {
int c_function(int a, ...);
}
extern int external_count;
static const char* const kNames[] = {"a", "b"};
constexpr int kMax = LIMIT + 1;

namespace store {
namespace {
int hidden(int depth = 3) { return depth; }
}  // namespace

class Forward;
struct Options;
enum Color { kRed, kGreen = 2 };
enum class Mode : uint8_t { kRead = 1, kWrite };

namespace detail::inner {
inline int nested() { return 1; }
}

template <typename K, class V = int, int N = 4, typename... Rest>
class Store : public Base<K>, protected virtual other::Mixin, private V {
 public:
  using Key = K;
  typedef V Value;
  static constexpr int kSize = N;

  explicit Store(const std::string& name, Options* options = nullptr) noexcept
      : Base<K>(name), name_(name), options_{options}, count_(0) {
    count_ = hidden();
  }
  Store(const Store&) = delete;
  Store& operator=(Store&& other) = default;
  virtual ~Store();

  const V* find(const K& key) const;
  template <typename F>
  void each(F&& visit, Rest&&... rest) const;
  virtual int size() const = 0;
  bool operator==(const Store& other) const { return count_ == other.count_; }
  explicit operator bool() const { return count_ > 0; }
  V& operator[](int index);
  static std::unique_ptr<Store> open(const char* path, Mode mode = Mode::kRead);
  auto begin() -> typename Rows::iterator;
  int used : 3;
  std::function<void(int code)> on_error;

  struct Iterator {
    Store* owner;
    int index = 0;
  };

 protected:
  friend class Forward;
  friend std::ostream& operator<<(std::ostream& out, const Store& s);

 private:
  std::string name_;
  Options* options_;
  mutable int count_, spare_ = 1;
  int table_[N][2];
  union {
    int as_int;
    float as_float;
  };
};

struct Options final {
  bool sync = false;
  int level{3};
  void (*callback)(int status, const char* message);
};

template <typename K, class V, int N, typename... Rest>
const V* Store<K, V, N, Rest...>::find(const K& key) const {
  auto it = rows_.find(key);
  if (it == rows_.end()) return nullptr;
  return &it->second;
}

int Options::check(int a, double b) const {
  static int calls = 0;
  ++calls;
  return a + static_cast<int>(b) + this->level;
}

Options::Options() : sync(true) {}
Options::~Options() {}

template <>
struct Traits<int> {
  enum { value = 1 };
};

static int run(int argc, char** argv, const Rows& rows, int[], Callback callback) {
  int i, *p = &i, list[3] = {1, 2, 3};
  unsigned total = 0;
  std::vector<int> numbers(10, i);
  std::vector<std::pair<string, int>> pairs{{"a", 1}};
  Options options;
  Options made = Options();
  auto shared = std::make_shared<Options>(3, i);
  Options* raw = new Options{true, 1};
  auto* fresh = new (p) detail::Thing<int>(4);
  auto braced = Options{.sync = true, .level = 2};
  for (int j = 0, k = 1; j < kMax; ++j) {
    total += list[j] + k;
  }
  for (const auto& [key, value] : rows) {
    total += value + key.size();
  }
  for (auto n : numbers) total += n;
  while (auto* node = next(raw)) {
    node->visit();
  }
  if (auto found = rows.find("x"); found != rows.end()) {
    total += found->second;
  } else if (int code = c_function(1, 2, 3)) {
    total += code;
  }
  switch (int state = argc) {
    case LIMIT: {
      break;
    }
    case Mode::kRead:
    default:
      goto done;
  }
  try {
    callback("text", sizeof(total));
  } catch (const std::exception& e) {
    std::cerr << e.what() << std::endl;
  } catch (...) {
    throw;
  }
  auto lambda = [&, total, copy = i, this](int a, auto&&... rest) mutable -> int {
    return a + total + copy + sum(std::forward<decltype(rest)>(rest)...);
  };
  lambda(SQUARE(2), numbers.size());
  shared->options()->level = fs::exists("x") ? 1 : 2;
  ::store::hidden(1);
  obj.template get<int>(3);
  get<int>(pairs[0]);
  (*callback)("a", 1);
  delete raw;
  int x(5), y{6};
  struct Local {
    int member;
  } local;
  local.member = x + y;
  assert(total > 0 && "message");
  char c = 'a';
  auto size = sizeof(Options) + alignof(int);
  int (*fn)(int value) = &hidden;
  int (&array)[3] = list;
  [[maybe_unused]] auto [first, second] = std::make_pair(1, 2);
  printf(PRIu64 "\n", i);
  std::string named(kMaxName), other(options.level);
  const auto result = static_cast<unsigned>(total) + reinterpret_cast<long>(p) + int(3.5) + (Rows::size_type)c;
done:
  return static_cast<int>(total);
}

template <class T>
concept Addable = requires(T a, T b) {
  { a + b } -> std::convertible_to<T>;
  typename T::value_type;
};

template <template <typename> class C, Addable T>
  requires std::is_integral_v<T>
auto apply(C<T> container, T... values) {
  return (values + ...);
}

TEST(StoreTest, Opens) {
  EXPECT_EQ(1, hidden(2));
  EXPECT_TRUE(false) << "text";
}
}  // namespace store

int main() { return store::run(0, nullptr, {}, nullptr, nullptr); }
