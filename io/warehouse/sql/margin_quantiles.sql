-- How are each judge's margins spread, by language and type? (Margins of two judges do not compare.)
WITH ranked AS (
  SELECT
    v.judge,
    c.language,
    n.type,
    v.margin,
    ROW_NUMBER() OVER (PARTITION BY v.judge, c.language, n.type ORDER BY v.margin, n.id) AS k,
    COUNT(*) OVER (PARTITION BY v.judge, c.language, n.type) AS total
  FROM verdicts AS v
  JOIN negatives AS n ON n.id = v.negative_id
  JOIN contexts AS c ON c.id = n.context_id
  WHERE v.margin IS NOT NULL
)
SELECT
  judge,
  language,
  type,
  COUNT(*) AS verdicts,
  MIN(margin) AS p0,
  MAX(CASE WHEN k = 1 + DIV((total - 1) * 10, 100) THEN margin END) AS p10,
  MAX(CASE WHEN k = 1 + DIV((total - 1) * 25, 100) THEN margin END) AS p25,
  MAX(CASE WHEN k = 1 + DIV((total - 1) * 50, 100) THEN margin END) AS p50,
  MAX(CASE WHEN k = 1 + DIV((total - 1) * 75, 100) THEN margin END) AS p75,
  MAX(CASE WHEN k = 1 + DIV((total - 1) * 90, 100) THEN margin END) AS p90,
  MAX(margin) AS p100
FROM ranked
GROUP BY judge, language, type
ORDER BY judge, language, type
