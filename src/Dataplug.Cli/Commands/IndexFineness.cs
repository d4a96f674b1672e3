using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Dataplug.Formats;
using Dataplug.Partitioning;

namespace Dataplug.Cli.Commands;

/// <summary>Options that say how fine an index is to be, for formats whose indexes have access points: gzip.</summary>
internal sealed class IndexFineness
{
    public Option<long?> Spacing { get; } = new("--spacing")
    {
        HelpName = "SIZE",
        Description = "Bytes of decompressed content between places where reading can begin. Default for gzip: 4MiB.",
        CustomParser = result =>
        {
            if (StrategyArguments.TryParseBytes(result.Tokens[0].Value, out var bytes))
                return bytes;
            result.AddError($"--spacing is '{result.Tokens[0].Value}', expected a number of bytes such as 512KiB or 4MiB");
            return null;
        },
    };

    public Option<double?> Budget { get; } = new("--index-budget")
    {
        HelpName = "PART",
        Description = "The most that windows and marks may take of the object's size, such as 0.05%. Without --spacing it chooses the spacing, from 1MiB up.",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            var isPercent = text.EndsWith('%');
            if (double.TryParse(isPercent ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var part))
            {
                part = isPercent ? part / 100 : part;
                if (part is > 0 and <= 1)
                    return part;
            }

            result.AddError($"--index-budget is '{text}', expected a part of the object's size such as 0.05% or 0.0005");
            return null;
        },
    };

    /// <summary>The format with what was asked for.</summary>
    /// <exception cref="UsageException">The format's index has no access points.</exception>
    public DataFormat Apply(DataFormat format, ParseResult result)
    {
        var spacing = result.GetValue(Spacing);
        var budget = result.GetValue(Budget);
        if (spacing is null && budget is null)
            return format;

        var parameters = JsonNode.Parse(format.Parameters)!.AsObject();
        if (spacing is not null)
            parameters["accessPointSpacing"] = spacing;
        if (budget is not null)
            parameters["indexBudget"] = budget;
        try
        {
            return format.WithParameters(parameters.ToJsonString());
        }
        catch (ArgumentException)
        {
            throw new UsageException($"format '{format.Id}' has no access points: --spacing and --index-budget are for gzip formats");
        }
    }
}
