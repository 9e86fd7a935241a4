#nullable enable
#pragma warning disable xUnit1042 // a comment
using System.Net;

namespace Acme.Web;

public class Handler(ILogger logger, int retries = 3) : Base(logger)
{
    public required string Path { get; init; }
    private readonly List<int> codes = [1, 2];
    public void Handle(HttpContext ctx) => logger.Log(ctx.Path, retries);
    private readonly List<int> none = [];
    public event Action? Closed;
}
