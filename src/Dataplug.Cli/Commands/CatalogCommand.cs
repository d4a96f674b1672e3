using System.CommandLine;
using Dataplug.Cli.Output;
namespace Dataplug.Cli.Commands;
internal static class CatalogCommand
{
    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open) => new("catalog", "x");
}
