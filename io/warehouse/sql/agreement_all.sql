-- How far do all judges agree beyond chance (the kappa of Fleiss and Cuzick 1979, for unequal numbers of judges), over the negatives with at least two valid verdicts?
WITH votes AS (
  SELECT
    negative_id,
    CAST(COUNT(*) AS FLOAT64) AS n,
    CAST(COUNT(CASE WHEN answer = 'fooled' THEN 1 END) AS FLOAT64) AS x
  FROM verdicts
  WHERE negative_id IS NOT NULL AND (answer = 'fooled' OR answer = 'caught')
  GROUP BY negative_id
),
sums AS (
  SELECT
    COUNT(*) AS negatives,
    SUM(n) AS verdicts,
    SUM(x) AS fooled,
    SUM(x * (n - x) / n) AS apart,
    SUM(n - 1) AS others
  FROM votes
  WHERE n >= 2
)
SELECT
  negatives,
  CAST(verdicts AS INT64) AS verdicts,
  CAST(fooled AS INT64) AS fooled,
  1 - apart * verdicts * verdicts / NULLIF(others * fooled * (verdicts - fooled), 0) AS kappa
FROM sums
WHERE negatives > 0
ORDER BY negatives
