-- How far does each pair of judges agree beyond chance (Cohen's kappa), over the negatives on which both have a valid verdict?
WITH valid AS (
  SELECT negative_id, judge, CASE WHEN answer = 'fooled' THEN 1 ELSE 0 END AS fooled
  FROM verdicts
  WHERE negative_id IS NOT NULL AND (answer = 'fooled' OR answer = 'caught')
),
pairs AS (
  SELECT
    a.judge AS judge_a,
    b.judge AS judge_b,
    COUNT(*) AS negatives,
    CAST(SUM(a.fooled * b.fooled) AS FLOAT64) AS together,
    CAST(SUM(a.fooled) AS FLOAT64) AS x,
    CAST(SUM(b.fooled) AS FLOAT64) AS y,
    CAST(COUNT(*) AS FLOAT64) AS n
  FROM valid AS a
  JOIN valid AS b ON a.negative_id = b.negative_id AND a.judge < b.judge
  GROUP BY a.judge, b.judge
)
-- In counts: n * n times what was observed, and what chance would give.
SELECT
  judge_a,
  judge_b,
  negatives,
  (2 * together + n - x - y) / n AS agreed,
  (n * (2 * together + n - x - y) - (x * y + (n - x) * (n - y))) / NULLIF(n * n - (x * y + (n - x) * (n - y)), 0) AS kappa
FROM pairs
ORDER BY judge_a, judge_b
