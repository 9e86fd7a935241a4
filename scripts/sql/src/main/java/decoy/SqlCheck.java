package decoy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.zetasql.Analyzer;
import com.google.zetasql.AnalyzerOptions;
import com.google.zetasql.LanguageOptions;
import com.google.zetasql.PreparedQuery;
import com.google.zetasql.SimpleCatalog;
import com.google.zetasql.SimpleColumn;
import com.google.zetasql.SimpleTable;
import com.google.zetasql.SqlException;
import com.google.zetasql.TableContent;
import com.google.zetasql.Type;
import com.google.zetasql.TypeFactory;
import com.google.zetasql.Value;
import com.google.zetasql.ZetaSQLBuiltinFunctionOptions;
import com.google.zetasql.ZetaSQLOptions.ErrorMessageMode;
import com.google.zetasql.ZetaSQLOptions.LanguageFeature;
import com.google.zetasql.ZetaSQLOptions.ProductMode;
import com.google.zetasql.ZetaSQLType.TypeKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * SqlCheck SQLFOLDER DATASET... analyses every .sql file with ZetaSQL's GoogleSQL analyzer against
 * the tables' BigQuery schemas, runs it over each data set in ZetaSQL's reference implementation and
 * compares the rows with those that DuckDB gave. A data set is a folder:
 *
 * <pre>
 *   schemas.json       what decoy load --dry-run --json prints
 *   rows/TABLE.json    an array of objects, the table's rows
 *   answers/NAME.json  an array of objects, DuckDB's answer to NAME.sql
 * </pre>
 *
 * Rows, their order and the names of columns must agree; floats to 1e-12 relative. To show that the
 * check can fail, statements that DuckDB takes and BigQuery refuses must be refused, and an answer
 * with one value changed must differ. The last line is a JSON object; the exit code is 1 unless all
 * is well.
 */
public final class SqlCheck {
  private static final double TOLERANCE = 1e-12;

  /** What BigQuery's SQL has of the language, as far as the files could meet it. */
  private static final LanguageFeature[] FEATURES = {
    LanguageFeature.FEATURE_ANALYTIC_FUNCTIONS,
    LanguageFeature.FEATURE_GROUP_BY_ROLLUP,
    LanguageFeature.FEATURE_GROUPING_SETS,
    LanguageFeature.FEATURE_GROUPING_BUILTIN,
    LanguageFeature.FEATURE_NUMERIC_TYPE,
    LanguageFeature.FEATURE_CIVIL_TIME,
    LanguageFeature.FEATURE_ADDITIONAL_STRING_FUNCTIONS,
    LanguageFeature.FEATURE_SAFE_FUNCTION_CALL,
    LanguageFeature.FEATURE_SELECT_STAR_EXCEPT_REPLACE,
    LanguageFeature.FEATURE_ORDER_BY_IN_AGGREGATE,
    LanguageFeature.FEATURE_NULLS_FIRST_LAST_IN_ORDER_BY,
    LanguageFeature.FEATURE_IS_DISTINCT,
    LanguageFeature.FEATURE_QUALIFY,
  };

  /** DuckDB takes these, BigQuery does not. */
  private static final String[] REFUSED = {
    "SELECT absent FROM contexts",
    "SELECT id::VARCHAR FROM contexts",
    "SELECT COUNT(*) AS rows FROM contexts",
    "SELECT COUNT(*) FILTER (WHERE line > 1) FROM contexts",
    "SELECT language, repo, COUNT(*) FROM contexts GROUP BY language",
    "SELECT CAST(line AS DOUBLE) FROM contexts",
    "SELECT line + golden FROM contexts",
  };

  /** A folder of tables and DuckDB's answers. */
  private static final class DataSet {
    final Path folder;
    final Map<String, JsonArray> schemas = new HashMap<>();
    final Map<String, JsonArray> rows = new HashMap<>();

    DataSet(Path folder) throws IOException {
      this.folder = folder;
      for (JsonElement e : parse(folder.resolve("schemas.json"))) {
        String name = e.getAsJsonObject().get("table").getAsString();
        schemas.put(name, e.getAsJsonObject().getAsJsonArray("schema"));
        Path file = folder.resolve("rows").resolve(name + ".json");
        rows.put(name, Files.exists(file) ? parse(file) : new JsonArray());
      }
    }

    JsonArray answer(String name) throws IOException {
      return parse(folder.resolve("answers").resolve(name + ".json"));
    }
  }

  /**
   * The tables as the analyzer and the reference implementation see them. A message to that has at
   * most 4 MiB, so that for running a query only the tables and columns whose names occur in it are
   * there.
   */
  private static final class Tables {
    final SimpleCatalog catalog = new SimpleCatalog("bigquery");
    final Map<String, TableContent> contents = new HashMap<>();

    Tables(DataSet set, AnalyzerOptions options, Predicate<String> used) {
      catalog.addZetaSQLFunctionsAndTypes(new ZetaSQLBuiltinFunctionOptions(options.getLanguageOptions()));
      for (String alias : new String[] {"INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "BYTEINT"}) {
        catalog.addType(alias, TypeFactory.createSimpleType(TypeKind.TYPE_INT64));
      }
      for (String name : set.schemas.keySet()) {
        if (used.test(name)) {
          add(name, set.schemas.get(name), set.rows.get(name), used);
        }
      }
    }

    private void add(String name, JsonArray schema, JsonArray rows, Predicate<String> used) {
      SimpleTable table = new SimpleTable(name);
      Map<String, Type> types = new LinkedHashMap<>();
      for (JsonElement e : schema) {
        String column = e.getAsJsonObject().get("name").getAsString();
        if (used.test(column)) {
          types.put(column, type(e.getAsJsonObject()));
        }
      }
      if (types.isEmpty()) { // COUNT(*) alone
        JsonObject first = schema.get(0).getAsJsonObject();
        types.put(first.get("name").getAsString(), type(first));
      }
      types.forEach(table::addSimpleColumn);
      catalog.addSimpleTable(name, table);
      List<List<Value>> content = new ArrayList<>();
      for (JsonElement e : rows) {
        List<Value> row = new ArrayList<>();
        types.forEach((column, type) -> row.add(value(type, e.getAsJsonObject().get(column))));
        content.add(row);
      }
      contents.put(name, TableContent.create(content));
    }
  }

  private static JsonArray parse(Path file) throws IOException {
    return JsonParser.parseString(Files.readString(file)).getAsJsonArray();
  }

  private static Type type(JsonObject field) {
    TypeKind kind =
        switch (field.get("type").getAsString()) {
          case "STRING" -> TypeKind.TYPE_STRING;
          case "INTEGER" -> TypeKind.TYPE_INT64;
          case "FLOAT" -> TypeKind.TYPE_DOUBLE;
          case "BOOLEAN" -> TypeKind.TYPE_BOOL;
          default -> throw new IllegalArgumentException("no type for " + field);
        };
    Type simple = TypeFactory.createSimpleType(kind);
    boolean repeated = field.has("mode") && field.get("mode").getAsString().equals("REPEATED");
    return repeated ? TypeFactory.createArrayType(simple) : simple;
  }

  private static Value value(Type type, JsonElement e) {
    if (type.isArray()) {
      List<Value> list = new ArrayList<>();
      for (JsonElement x : e.getAsJsonArray()) {
        list.add(value(type.asArray().getElementType(), x));
      }
      return Value.createArrayValue(type.asArray(), list);
    }
    if (e.isJsonNull()) {
      return Value.createNullValue(type);
    }
    return switch (type.getKind()) {
      case TYPE_STRING -> Value.createStringValue(e.getAsString());
      case TYPE_INT64 -> Value.createInt64Value(e.getAsLong());
      case TYPE_DOUBLE -> Value.createDoubleValue(e.getAsDouble());
      case TYPE_BOOL -> Value.createBoolValue(e.getAsBoolean());
      default -> throw new IllegalArgumentException(type.toString());
    };
  }

  /** What a row has against what DuckDB gave, "" if they are the same. */
  private static String difference(List<String> names, List<Value> row, JsonObject want) {
    if (!new ArrayList<>(want.keySet()).equals(names)) {
      return "columns " + names + " and " + want.keySet();
    }
    for (int i = 0; i < names.size(); i++) {
      JsonElement w = want.get(names.get(i));
      Value v = row.get(i);
      if (!same(v, w)) {
        return names.get(i) + ": " + (v.isNull() ? "null" : text(v)) + " and " + w;
      }
    }
    return "";
  }

  private static boolean same(Value v, JsonElement w) {
    if (v.isNull() || w.isJsonNull()) {
      return v.isNull() && w.isJsonNull();
    }
    switch (v.getType().getKind()) {
      case TYPE_STRING:
        return w.getAsJsonPrimitive().isString() && w.getAsString().equals(v.getStringValue());
      case TYPE_INT64:
        return w.getAsJsonPrimitive().isNumber() && w.getAsString().equals(Long.toString(v.getInt64Value()));
      case TYPE_DOUBLE:
        double x = v.getDoubleValue();
        double y = w.getAsDouble();
        return Math.abs(x - y) <= TOLERANCE * Math.max(Math.abs(x), Math.abs(y));
      case TYPE_BOOL:
        return w.getAsJsonPrimitive().isBoolean() && w.getAsBoolean() == v.getBoolValue();
      default:
        throw new IllegalArgumentException("a result of type " + v.getType());
    }
  }

  private static String text(Value v) {
    return switch (v.getType().getKind()) {
      case TYPE_STRING -> v.getStringValue();
      case TYPE_INT64 -> Long.toString(v.getInt64Value());
      case TYPE_DOUBLE -> Double.toString(v.getDoubleValue());
      default -> Boolean.toString(v.getBoolValue());
    };
  }

  private static String difference(List<String> names, List<? extends List<Value>> rows, JsonArray want) {
    if (rows.size() != want.size()) {
      return rows.size() + " rows and " + want.size();
    }
    for (int i = 0; i < rows.size(); i++) {
      String d = difference(names, rows.get(i), want.get(i).getAsJsonObject());
      if (!d.isEmpty()) {
        return "row " + (i + 1) + ": " + d;
      }
    }
    return "";
  }

  /** The answer with its last value changed, null where it has no rows. */
  private static JsonArray changed(JsonArray answer) {
    JsonArray copy = answer.deepCopy();
    if (copy.isEmpty()) {
      return null;
    }
    JsonObject row = copy.get(copy.size() - 1).getAsJsonObject();
    String last = null;
    for (String name : row.keySet()) {
      last = name;
    }
    JsonElement was = row.get(last);
    if (was.isJsonNull()) {
      row.addProperty(last, 0);
    } else {
      boolean number = was.getAsJsonPrimitive().isNumber();
      row.addProperty(last, number ? was.getAsDouble() + 1e-9 * Math.max(1, Math.abs(was.getAsDouble())) : -1);
    }
    return copy;
  }

  private static AnalyzerOptions options() {
    LanguageOptions language = new LanguageOptions();
    language.disableAllLanguageFeatures();
    language.setProductMode(ProductMode.PRODUCT_EXTERNAL);
    for (LanguageFeature f : FEATURES) {
      language.enableLanguageFeature(f);
    }
    language.enableReservableKeyword("QUALIFY");
    AnalyzerOptions options = new AnalyzerOptions();
    options.setLanguageOptions(language);
    options.setDefaultTimezone("UTC");
    options.setErrorMessageMode(ErrorMessageMode.ERROR_MESSAGE_ONE_LINE);
    return options;
  }

  public static void main(String[] args) throws IOException {
    AnalyzerOptions options = options();
    List<DataSet> sets = new ArrayList<>();
    for (int i = 1; i < args.length; i++) {
      sets.add(new DataSet(Path.of(args[i])));
    }
    SimpleCatalog whole = new Tables(sets.get(0), options, name -> true).catalog;
    List<Path> files;
    try (Stream<Path> all = Files.list(Path.of(args[0]))) {
      files = all.filter(p -> p.toString().endsWith(".sql")).sorted().toList();
    }
    int analysed = 0;
    int executed = 0;
    int equal = 0;
    int rows = 0;
    int noticed = 0;
    int alterable = 0;
    for (Path file : files) {
      String name = file.getFileName().toString().replace(".sql", "");
      String sql = Files.readString(file);
      try {
        Analyzer.analyzeStatement(sql, options, whole);
        analysed++;
      } catch (SqlException e) {
        System.out.println(name + ": refused: " + e.getMessage());
        continue;
      }
      Set<String> words = new HashSet<>(List.of(sql.split("[^A-Za-z0-9_]+")));
      for (DataSet set : sets) {
        Tables tables = new Tables(set, options, words::contains);
        long start = System.nanoTime();
        try (PreparedQuery query =
            PreparedQuery.builder().setSql(sql).setAnalyzerOptions(options).setCatalog(tables.catalog).setTablesContents(tables.contents).prepare()) {
          List<String> names = query.getColumns().stream().map(SimpleColumn::getName).toList();
          List<? extends List<Value>> got = query.execute(Map.of()).getTableData();
          executed++;
          JsonArray want = set.answer(name);
          String d = difference(names, got, want);
          if (d.isEmpty()) {
            equal++;
          }
          JsonArray other = changed(want);
          if (other != null) {
            alterable++;
            if (!difference(names, got, other).isEmpty()) {
              noticed++;
            }
          }
          rows += got.size();
          System.out.printf("%s over %s: %d rows, %.1f s: %s%n", name, set.folder.getFileName(), got.size(), (System.nanoTime() - start) / 1e9, d.isEmpty() ? "equal" : d);
        } catch (SqlException e) {
          System.out.println(name + " over " + set.folder.getFileName() + ": failed: " + e.getMessage());
        }
      }
    }
    int refused = 0;
    for (String sql : REFUSED) {
      try {
        Analyzer.analyzeStatement(sql, options, whole);
        System.out.println("accepted and should not be: " + sql);
      } catch (SqlException e) {
        refused++;
      }
    }
    JsonObject sum = new JsonObject();
    sum.addProperty("queries", files.size());
    sum.addProperty("data_sets", sets.size());
    sum.addProperty("analysed", analysed);
    sum.addProperty("executed", executed);
    sum.addProperty("equal", equal);
    sum.addProperty("rows", rows);
    sum.addProperty("bad_statements", REFUSED.length);
    sum.addProperty("bad_statements_refused", refused);
    sum.addProperty("changed_answers", alterable);
    sum.addProperty("changed_answers_noticed", noticed);
    System.out.println(sum);
    boolean well = analysed == files.size() && equal == files.size() * sets.size() && refused == REFUSED.length && noticed == alterable && alterable > 0;
    System.exit(well ? 0 : 1);
  }

  private SqlCheck() {}
}
