-- How often do judges take each generator's negatives for right, by type and language, with Wilson's 95 % interval?
WITH cells AS (
  SELECT
    m.generator,
    m.type,
    c.language,
    COUNT(CASE WHEN v.answer = 'fooled' OR v.answer = 'caught' THEN 1 END) AS verdicts,
    COUNT(CASE WHEN v.answer = 'fooled' THEN 1 END) AS fooled,
    COUNT(CASE WHEN v.answer = 'invalid' THEN 1 END) AS invalid,
    COUNT(CASE WHEN v.protocol <> 'ngram' THEN 1 END) AS others
  FROM verdicts AS v
  JOIN negatives AS m ON m.id = v.negative_id
  JOIN contexts AS c ON c.id = m.context_id
  GROUP BY m.generator, m.type, c.language
),
-- k of n fooled; q is the square of the normal quantile 1.959964. The interval is
-- (2k + q -+ sqrt(q (q + 4k (n - k) / n))) / (2 (n + q)).
counts AS (
  SELECT
    generator,
    type,
    language,
    verdicts,
    fooled,
    invalid,
    others,
    CAST(fooled AS FLOAT64) AS k,
    NULLIF(CAST(verdicts AS FLOAT64), 0) AS n,
    CAST(3.841459 AS FLOAT64) AS q
  FROM cells
)
SELECT
  generator,
  type,
  language,
  verdicts,
  fooled,
  invalid,
  k / n AS rate,
  (2 * k + q - SQRT(q * (q + 4 * k * (n - k) / n))) / (2 * (n + q)) AS low,
  (2 * k + q + SQRT(q * (q + 4 * k * (n - k) / n))) / (2 * (n + q)) AS high,
  CASE WHEN others = 0 THEN 'n-gram fool rate' ELSE 'fool rate' END AS measure
FROM counts
ORDER BY generator, type, language
