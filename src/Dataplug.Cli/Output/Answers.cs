using System.Text.Json;
using Dataplug.Formats;
using Dataplug.Partitioning;

namespace Dataplug.Cli.Output;

/// <summary>A format, as <c>formats --json</c> lists it.</summary>
internal sealed record FormatAnswer(string Id, string Name, string Description, IReadOnlyList<string> Extensions, IReadOnlyList<StrategyAnswer> Strategies)
{
    public static FormatAnswer Of(DataFormat format) =>
        new(format.Id, format.Name, format.Description, format.Extensions, [.. format.Strategies.Select(StrategyAnswer.Of)]);
}

/// <summary>A strategy of a format.</summary>
internal sealed record StrategyAnswer(string Name, string Summary, IReadOnlyList<ParameterAnswer> Parameters)
{
    public static StrategyAnswer Of(StrategyDescription strategy) =>
        new(strategy.Name, strategy.Summary, [.. strategy.Parameters.Select(ParameterAnswer.Of)]);
}

/// <summary>A parameter of a strategy. <see cref="Default"/> is null where it must be given.</summary>
internal sealed record ParameterAnswer(string Name, string Type, string Summary, string? Default, IReadOnlyList<string> Choices)
{
    public static ParameterAnswer Of(StrategyParameter parameter) => new(
        parameter.Name,
        parameter.Type switch
        {
            StrategyParameterType.Count => "count",
            StrategyParameterType.Bytes => "bytes",
            StrategyParameterType.Choice => "choice",
            StrategyParameterType.Text => "text",
            StrategyParameterType.Number => "number",
            _ => throw new NotSupportedException($"Parameter type {parameter.Type}."),
        },
        parameter.Summary,
        parameter.DefaultValue,
        parameter.Choices ?? []);
}

/// <summary>What <c>inspect --json</c> says. The index is <c>current</c>, <c>stale</c>, <c>missing</c> or <c>damaged</c>.</summary>
internal sealed record InspectAnswer(
    string Uri,
    long Size,
    string ETag,
    DateTimeOffset? LastModified,
    string? ContentType,
    string? Format,
    string? FormatName,
    string Index,
    string? Sidecar,
    long SidecarSize,
    JsonElement? Attributes,
    IReadOnlyList<StrategyAnswer> Strategies);

/// <summary>What <c>preprocess --json</c> says. The outcome is <c>indexed</c>, <c>already-indexed</c> or <c>adopted</c>.</summary>
internal sealed record PreprocessAnswer(
    string Outcome,
    string Uri,
    long Size,
    string ETag,
    string Format,
    string Sidecar,
    long SidecarSize,
    double SidecarPercent,
    double Seconds,
    long ResumedFrom,
    IReadOnlyList<string> Warnings);

/// <summary>What <c>partition --json --out PATH</c> says.</summary>
internal sealed record PartitionAnswer(string Uri, string Format, string Strategy, IReadOnlyDictionary<string, string> Parameters, int Slices, string Out);

/// <summary>One object, as <c>catalog list --json</c> lists it.</summary>
internal sealed record CatalogAnswer(string Uri, long Size, string ETag, string Format, string Sidecar, long SidecarSize, DateTimeOffset IndexedAt, JsonElement Attributes);

/// <summary>What <c>catalog rebuild --json</c> says.</summary>
internal sealed record RebuildAnswer(int Indexes, int Refused);

/// <summary>What <c>index import --json</c> says. The outcome is <c>imported</c> or <c>already-indexed</c>.</summary>
internal sealed record ImportAnswer(
    string Outcome,
    string Uri,
    long Size,
    string ETag,
    string? From,
    int AccessPoints,
    long Lines,
    long UncompressedSize,
    string Sidecar,
    long SidecarSize,
    double Seconds);

/// <summary>What <c>index import --json</c> says of the indexes of samtools, bcftools and tabix.</summary>
internal sealed record ForeignImportAnswer(
    string Outcome,
    string Uri,
    long Size,
    string ETag,
    string Format,
    string From,
    string Sidecar,
    long SidecarSize,
    double Seconds);

/// <summary>What <c>clean --json</c> says.</summary>
internal sealed record CleanAnswer(string Uri, bool Removed);

/// <summary>One object, as <c>storage put --json</c> and <c>storage list --json</c> tell it; the key is null for an object elsewhere.</summary>
internal sealed record StoredAnswer(string? Key, string Uri, long Size, string ETag, DateTimeOffset? LastModified);

/// <summary>What <c>storage delete --json</c> says: how many objects were asked for, or, with a prefix, were found.</summary>
internal sealed record DeletedAnswer(long Objects);

/// <summary>One function, as <c>runtime list --json</c> tells it.</summary>
internal sealed record RuntimeAnswer(string Name, int MemoryMegabytes, double TimeoutSeconds, long PackageSize, string Changed);
