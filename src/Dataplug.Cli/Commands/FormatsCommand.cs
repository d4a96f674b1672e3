using System.CommandLine;
using Dataplug.Cli.Output;
using Dataplug.Partitioning;
using Spectre.Console;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug formats</c>: what the tool knows, from the plugins themselves.</summary>
internal static class FormatsCommand
{
    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var command = new CommandWithExamples("formats", "List the formats, their partition strategies and parameters.",
            "dataplug formats",
            "dataplug formats --json")
        {
            shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            if (session.Json)
                session.WriteJson<IReadOnlyList<FormatAnswer>>([.. Session.Formats.Formats.Select(FormatAnswer.Of)]);
            else
                Show(session.Console);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void Show(IAnsiConsole console)
    {
        foreach (var format in Session.Formats.Formats)
        {
            console.MarkupLineInterpolated($"[bold]{format.Id}[/]  {format.Name}  [dim]{string.Join(" ", format.Extensions)}[/]");
            console.MarkupLineInterpolated($"  {format.Description}");
            foreach (var strategy in format.Strategies)
            {
                console.MarkupLineInterpolated($"  [green]--strategy {strategy.Name}[/]  {strategy.Summary}");
                foreach (var parameter in strategy.Parameters)
                    console.MarkupLineInterpolated($"      [blue]--param {parameter.Name}={ValueOf(parameter)}[/]  {parameter.Summary}{DefaultOf(parameter)}");
            }

            console.WriteLine();
        }
    }

    private static string ValueOf(StrategyParameter parameter) => parameter.Type switch
    {
        StrategyParameterType.Count => "N",
        StrategyParameterType.Number => "N",
        StrategyParameterType.Bytes => "BYTES",
        StrategyParameterType.Text => "TEXT",
        _ => string.Join('|', parameter.Choices ?? []),
    };

    private static string DefaultOf(StrategyParameter parameter) => parameter.DefaultValue is { } value ? $" (default {value})" : "";
}
