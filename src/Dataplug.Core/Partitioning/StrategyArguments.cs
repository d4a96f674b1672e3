using System.Globalization;

namespace Dataplug.Partitioning;

/// <summary>The arguments given to a strategy as text, checked against its description.</summary>
public sealed class StrategyArguments
{
    private readonly StrategyDescription _strategy;
    private readonly Dictionary<string, string> _values;

    /// <summary>Checks that every argument is a parameter of the strategy and every parameter without default is there.</summary>
    /// <exception cref="PartitionException">An argument is unknown or missing.</exception>
    public StrategyArguments(StrategyDescription strategy, IReadOnlyDictionary<string, string> values)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        ArgumentNullException.ThrowIfNull(values);
        _strategy = strategy;
        _values = new Dictionary<string, string>(values, StringComparer.Ordinal);
        foreach (var name in values.Keys)
        {
            if (!strategy.Parameters.Any(p => p.Name == name))
                throw new PartitionException(null, $"strategy '{strategy.Name}' has no parameter '{name}'; it has: {string.Join(", ", strategy.Parameters.Select(p => p.Name))}");
        }

        foreach (var parameter in strategy.Parameters)
        {
            if (!_values.ContainsKey(parameter.Name))
            {
                _values[parameter.Name] = parameter.DefaultValue
                    ?? throw new PartitionException(null, $"strategy '{strategy.Name}' needs the parameter '{parameter.Name}' ({parameter.Summary})", $"Give it with --param {parameter.Name}=VALUE.");
            }
        }
    }

    /// <summary>A whole number ≥ 1.</summary>
    public long GetCount(string name) =>
        long.TryParse(_values[name], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= 1
            ? count
            : throw Invalid(name, "a whole number of at least 1");

    /// <summary>A whole number ≥ 1 that fits in 32 bits.</summary>
    public int GetInt32Count(string name) =>
        GetCount(name) is var count and <= int.MaxValue ? (int)count : throw Invalid(name, $"at most {int.MaxValue}");

    /// <summary>A number of bytes ≥ 1: decimal (kB, MB, GB, TB) and binary (KiB, MiB, GiB, TiB) suffixes are understood.</summary>
    public long GetBytes(string name) =>
        TryParseBytes(_values[name], out var bytes) ? bytes : throw Invalid(name, "a number of bytes such as 4096, 64MiB or 1GB");

    /// <summary>Reads a number of bytes as <see cref="GetBytes"/> understands it.</summary>
    public static bool TryParseBytes(string text, out long bytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        bytes = 0;
        text = text.Trim();
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9') is var end && end < 0 ? text.Length : end;
        long unit = text[digits..].Trim().ToUpperInvariant() switch
        {
            "" or "B" => 1,
            "K" or "KIB" => 1L << 10,
            "M" or "MIB" => 1L << 20,
            "G" or "GIB" => 1L << 30,
            "T" or "TIB" => 1L << 40,
            "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "TB" => 1_000_000_000_000,
            _ => 0,
        };
        var isValid = unit > 0 && long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out bytes)
            && bytes >= 1 && bytes <= long.MaxValue / unit;
        bytes = isValid ? bytes * unit : 0;
        return isValid;
    }

    /// <summary>Text that is not empty.</summary>
    public string GetText(string name) => _values[name].Trim() is { Length: > 0 } text ? text : throw Invalid(name, "text");

    /// <summary>A whole number ≥ 0.</summary>
    public long GetNumber(string name) =>
        long.TryParse(_values[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Invalid(name, "a whole number of at least 0");

    /// <summary>One of the parameter's choices.</summary>
    public string GetChoice(string name)
    {
        var choices = _strategy.Parameters.First(p => p.Name == name).Choices ?? [];
        return choices.Contains(_values[name], StringComparer.Ordinal) ? _values[name] : throw Invalid(name, "one of " + string.Join(", ", choices));
    }

    private PartitionException Invalid(string name, string expected) =>
        new(null, $"parameter '{name}' of strategy '{_strategy.Name}' is '{_values[name]}', expected {expected}");
}
