using Dataplug.Formats;
using Dataplug.Partitioning;

namespace Dataplug.Cli.Commands;

/// <summary>A strategy and its parameters as the command line gave them, checked before any work is done.</summary>
/// <param name="Name">The strategy.</param>
/// <param name="Parameters">The parameters that were given.</param>
internal sealed record StrategyChoice(string Name, IReadOnlyDictionary<string, string> Parameters)
{
    /// <exception cref="UsageException">The format has no such strategy, or the strategy no such parameter or value.</exception>
    public static StrategyChoice Parse(DataFormat format, string? name, IReadOnlyList<string> parameters)
    {
        var strategy = name is null ? format.Strategies[0] : format.Strategies.FirstOrDefault(s => s.Name == name)
            ?? throw new UsageException($"format '{format.Id}' has no strategy '{name}'", List(format.Strategies));

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var parameter in parameters)
        {
            var equals = parameter.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new UsageException($"--param '{parameter}' is not KEY=VALUE", List([strategy]));
            if (!values.TryAdd(parameter[..equals], Value(strategy, parameter[..equals], parameter[(equals + 1)..])))
                throw new UsageException($"--param {parameter[..equals]} is given twice");
        }

        try
        {
            var arguments = new StrategyArguments(strategy, values);
            foreach (var parameter in strategy.Parameters)
                Check(arguments, parameter);
        }
        catch (PartitionException exception)
        {
            throw new UsageException(exception.Problem, List(name is null ? format.Strategies : [strategy]));
        }

        return new StrategyChoice(strategy.Name, values);
    }

    // The text of a file is taken where one is named.
    private static string Value(StrategyDescription strategy, string name, string value)
    {
        if (!value.StartsWith('@') || strategy.Parameters.FirstOrDefault(parameter => parameter.Name == name)?.Type != StrategyParameterType.Text)
            return value;
        try
        {
            return File.ReadAllText(value[1..]);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--param {name}: '{value[1..]}' can't be read: {failure.Message.TrimEnd('.')}");
        }
    }

    private static void Check(StrategyArguments arguments, StrategyParameter parameter)
    {
        switch (parameter.Type)
        {
            case StrategyParameterType.Count:
                _ = arguments.GetCount(parameter.Name);
                break;
            case StrategyParameterType.Bytes:
                _ = arguments.GetBytes(parameter.Name);
                break;
            case StrategyParameterType.Choice:
                _ = arguments.GetChoice(parameter.Name);
                break;
            case StrategyParameterType.Text:
                _ = arguments.GetText(parameter.Name);
                break;
            case StrategyParameterType.Number:
                _ = arguments.GetNumber(parameter.Name);
                break;
            default:
                throw new NotSupportedException($"Parameter type {parameter.Type}.");
        }
    }

    private static List<string> List(IEnumerable<StrategyDescription> strategies)
    {
        var lines = new List<string>();
        foreach (var strategy in strategies)
        {
            lines.Add($"  --strategy {strategy.Name}: {strategy.Summary}");
            foreach (var parameter in strategy.Parameters)
            {
                var fallback = parameter.DefaultValue is { } value ? $"default {value}" : "required";
                var choices = parameter.Choices is { Count: > 0 } all ? $", one of {string.Join(", ", all)}" : "";
                lines.Add($"      --param {parameter.Name}=…: {parameter.Summary} ({fallback}{choices})");
            }
        }

        return lines;
    }
}
