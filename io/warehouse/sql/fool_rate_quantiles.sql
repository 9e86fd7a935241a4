-- How are the fool rates of single negatives spread, by language and type?
WITH rates AS (
  SELECT
    negative_id,
    COUNT(CASE WHEN answer = 'fooled' THEN 1 END) / COUNT(*) AS rate
  FROM verdicts
  WHERE negative_id IS NOT NULL AND (answer = 'fooled' OR answer = 'caught')
  GROUP BY negative_id
),
ranked AS (
  SELECT
    c.language,
    n.type,
    r.rate,
    ROW_NUMBER() OVER (PARTITION BY c.language, n.type ORDER BY r.rate, n.id) AS k,
    COUNT(*) OVER (PARTITION BY c.language, n.type) AS total
  FROM rates AS r
  JOIN negatives AS n ON n.id = r.negative_id
  JOIN contexts AS c ON c.id = n.context_id
)
SELECT
  language,
  type,
  COUNT(*) AS negatives,
  MIN(rate) AS p0,
  MAX(CASE WHEN k = 1 + DIV((total - 1) * 10, 100) THEN rate END) AS p10,
  MAX(CASE WHEN k = 1 + DIV((total - 1) * 25, 100) THEN rate END) AS p25,
  MAX(CASE WHEN k = 1 + DIV((total - 1) * 50, 100) THEN rate END) AS p50,
  MAX(CASE WHEN k = 1 + DIV((total - 1) * 75, 100) THEN rate END) AS p75,
  MAX(CASE WHEN k = 1 + DIV((total - 1) * 90, 100) THEN rate END) AS p90,
  MAX(rate) AS p100
FROM ranked
GROUP BY language, type
ORDER BY language, type
