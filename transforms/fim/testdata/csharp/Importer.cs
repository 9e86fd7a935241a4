using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Rows = System.Collections.Generic.List<Shop.Data.Row>;

namespace Shop.Import
{
    /// <summary>Imports products.</summary>
    [Route(Routes.Import)]
    [Serializable]
    public class Importer : ImporterBase
    {
        private readonly IStore store;
        private readonly Dictionary<string, int> counts = new Dictionary<string, int>();

        public Importer(IStore store, ILogger logger)
            : base(logger)
        {
            this.store = store ?? throw new ArgumentNullException(nameof(store));
        }

        public int Total => counts.Values.Sum();

        public async Task<int> ImportAsync(IEnumerable<Row> rows, bool dryRun = false)
        {
            int imported = 0;
            foreach (var batch in rows.Where(row => row.IsValid).Chunk(100))
            {
                if (!dryRun)
                {
                    await store.SaveAsync(batch, overwrite: true).ConfigureAwait(false);
                }
                imported += batch.Length;
                Logger.Info("saved {0} of {1}", imported, batch[0]?.Source);
            }
            return imported;
        }

        public bool TryFind(string name, out Row row)
        {
            // Names are compared without regard to case.
            row = store.Query<Row>().FirstOrDefault(r => string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase));
            if (row == null)
            {
                counts[name] = counts.TryGetValue(name, out var seen) ? seen + 1 : 1;
                return false;
            }
            using (var scope = Logger.BeginScope(name))
            {
                scope.Add("row", row.Id);
            }
            return true;
        }

        [Obsolete("use TryFind", error: false)]
        public void Reset()
        {
#if DEBUG
            Logger.Debug("reset");
#endif
            try
            {
                counts.Clear();
            }
            catch (InvalidOperationException e) when (e.Data.Count > 0)
            {
                Logger.Error(e.Message);
                throw;
            }
            switch (store.State)
            {
                case State.Open:
                    store.Close(force: true);
                    break;
            }
        }
    }
}
