namespace Dataplug.Partitioning;

/// <summary>A strategy as a command line or a user interface shows it.</summary>
/// <param name="Name">Its name, in kebab case.</param>
/// <param name="Summary">What it does, in one line.</param>
/// <param name="Parameters">Its parameters.</param>
public sealed record StrategyDescription(string Name, string Summary, IReadOnlyList<StrategyParameter> Parameters);

/// <summary>One parameter of a strategy.</summary>
/// <param name="Name">Its name, in kebab case.</param>
/// <param name="Type">What its values are.</param>
/// <param name="Summary">What it means, with its unit, in one line.</param>
/// <param name="DefaultValue">The value when it is not given; null when it must be given.</param>
/// <param name="Choices">The allowed values of a <see cref="StrategyParameterType.Choice"/>; empty otherwise.</param>
public sealed record StrategyParameter(
    string Name,
    StrategyParameterType Type,
    string Summary,
    string? DefaultValue = null,
    IReadOnlyList<string>? Choices = null);

/// <summary>The types of strategy parameters.</summary>
public enum StrategyParameterType
{
    /// <summary>A whole number ≥ 1.</summary>
    Count,

    /// <summary>A number of bytes ≥ 1, with an optional suffix: <c>64MiB</c>, <c>1GB</c>, <c>4096</c>.</summary>
    Bytes,

    /// <summary>One of a few words.</summary>
    Choice,

    /// <summary>A whole number ≥ 0.</summary>
    Number,

    /// <summary>Text; on a command line also that of a file: <c>@path</c>.</summary>
    Text,
}
