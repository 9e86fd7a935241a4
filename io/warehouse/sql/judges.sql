-- What is each judge worth: verdicts, fool rate, and the share of golden controls that it accepts, with Wilson's 95 % interval?
WITH counts AS (
  SELECT
    judge,
    protocol,
    COUNT(CASE WHEN answer = 'fooled' OR answer = 'caught' THEN 1 END) AS verdicts,
    COUNT(CASE WHEN answer = 'fooled' THEN 1 END) AS fooled,
    COUNT(CASE WHEN answer = 'invalid' THEN 1 END) AS invalid,
    COUNT(CASE WHEN answer = 'accepted' OR answer = 'rejected' THEN 1 END) AS controls,
    COUNT(CASE WHEN answer = 'accepted' THEN 1 END) AS accepted
  FROM verdicts
  GROUP BY judge, protocol
),
-- k of n accepted; q is the square of the normal quantile 1.959964.
numbers AS (
  SELECT
    judge,
    protocol,
    verdicts,
    fooled,
    invalid,
    controls,
    accepted,
    CAST(accepted AS FLOAT64) AS k,
    NULLIF(CAST(controls AS FLOAT64), 0) AS n,
    CAST(3.841459 AS FLOAT64) AS q
  FROM counts
)
SELECT
  judge,
  protocol,
  verdicts,
  invalid,
  CAST(fooled AS FLOAT64) / NULLIF(verdicts, 0) AS fool_rate,
  CASE WHEN protocol = 'ngram' THEN 'n-gram fool rate' ELSE 'fool rate' END AS measure,
  controls,
  k / n AS acceptance,
  (2 * k + q - SQRT(q * (q + 4 * k * (n - k) / n))) / (2 * (n + q)) AS low,
  (2 * k + q + SQRT(q * (q + 4 * k * (n - k) / n))) / (2 * (n + q)) AS high
FROM numbers
ORDER BY judge, protocol
