using System.Globalization;
using System.Text;
using System.Text.Json;
using Dataplug.Compression;

namespace Dataplug.Text;

/// <summary>How finely a gzip object is indexed. The defaults suit objects of any size; smaller spacings make larger indexes
/// and slices that fetch less beside their own bytes.</summary>
public sealed record GZipLineOptions
{
    /// <summary>The default of <see cref="AccessPointSpacing"/>: 4 MiB.</summary>
    public const long DefaultAccessPointSpacing = GzipScanOptions.DefaultAccessPointSpacing;

    /// <summary>The default of <see cref="LeadIn"/>: 256 KiB.</summary>
    public const long DefaultLeadIn = 256L << 10;

    private const long FinestBudgetedSpacing = 1L << 20;

    private const string AccessPointSpacingName = "accessPointSpacing";
    private const string MarkSpacingName = "markSpacing";
    private const string LeadInName = "leadIn";
    private const string IndexBudgetName = "indexBudget";
    private const string SalvageName = "salvage";

    /// <summary>The defaults.</summary>
    public static GZipLineOptions Default { get; } = new();

    /// <summary>Bytes of decompressed content between two places where reading can begin, ≥ 1; null for 4 MiB or, where there is an
    /// <see cref="IndexBudget"/>, for what it allows, 1 MiB or more.</summary>
    public long? AccessPointSpacing { get; init; }

    /// <summary>Bytes of decompressed content between two marks (places where the number of lines is known and reading can
    /// end), ≥ 1.</summary>
    public long MarkSpacing { get; init; } = GzipScanOptions.DefaultMarkSpacing;

    /// <summary>
    /// Whether a damaged object is indexed up to its damage instead of being refused: up to the last block boundary before broken
    /// data, and there up to the last whole record. Part of what the index depends on, so that an index of a part is never
    /// taken for one of the whole. The object is then read twice.
    /// </summary>
    public bool Salvage { get; init; }

    /// <summary>
    /// Bytes of decompressed content that a slice decodes and throws away after an access point, 0 to 1 MiB: the longer, the fewer
    /// bytes of the window are needed (<see cref="GzipScanOptions.LeadIn"/>). Never more than a quarter of the spacing of access
    /// points. 0 makes windows from which all that follows can be decoded.
    /// </summary>
    public long LeadIn { get; init; } = DefaultLeadIn;

    /// <summary>
    /// The most that windows and marks may take, as a part of the stored object's size: more than 0, at most 1, so 0.0005 for 0.05 %.
    /// Three quarters of it are for windows: an access point is left out when its window would exceed what the stored bytes so far allow,
    /// and so are marks of their quarter; the fixed parts of the index (about a kilobyte) come on top. Null (the default) sets
    /// no limit.
    /// </summary>
    public double? IndexBudget { get; init; }

    /// <summary>Stored bytes between two checkpoints, ≥ 1; there is also one every two seconds. How much work a kill can cost at
    /// most; no part of what the index depends on.</summary>
    public long CheckpointSpacing { get; init; } = 256L << 20;

    /// <summary>The most stored bytes of a chunk where the work is spread over an executor, 1 to 1 GiB; a chunk is held in memory. No
    /// part of what the index depends on.</summary>
    public long ChunkSize { get; init; } = 32L << 20;

    /// <summary>What the index depends on, as canonical JSON: what differs from the defaults, so <c>{}</c> for these.</summary>
    public string ToJson()
    {
        var json = new StringBuilder("{");
        if (AccessPointSpacing is { } spacing && (spacing != DefaultAccessPointSpacing || IndexBudget is not null))
            Add(AccessPointSpacingName, spacing);
        if (MarkSpacing != GzipScanOptions.DefaultMarkSpacing)
            Add(MarkSpacingName, MarkSpacing);
        if (LeadIn != DefaultLeadIn)
            Add(LeadInName, LeadIn);
        if (IndexBudget is { } budget)
            Add(IndexBudgetName, budget);
        if (Salvage)
            json.Append(CultureInfo.InvariantCulture, $"{(json.Length > 1 ? "," : "")}\"{SalvageName}\":true");
        return json.Append('}').ToString();

        void Add<T>(string name, T value)
            where T : IFormattable =>
            json.Append(CultureInfo.InvariantCulture, $"{(json.Length > 1 ? "," : "")}\"{name}\":{value}");
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="ArgumentException">Not such a text.</exception>
    public static GZipLineOptions Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var options = Default;
            foreach (var property in document.RootElement.EnumerateObject())
            {
                options = property.Name switch
                {
                    AccessPointSpacingName => options with { AccessPointSpacing = property.Value.GetInt64() },
                    MarkSpacingName => options with { MarkSpacing = property.Value.GetInt64() },
                    LeadInName => options with { LeadIn = property.Value.GetInt64() },
                    IndexBudgetName => options with { IndexBudget = property.Value.GetDouble() },
                    SalvageName => options with { Salvage = property.Value.GetBoolean() },
                    _ => throw new ArgumentException(
                        $"There is no preprocessing parameter '{property.Name}'; there are: {AccessPointSpacingName}, {MarkSpacingName}, {LeadInName}, {IndexBudgetName}, {SalvageName}.", nameof(json)),
                };
            }

            options.Validate();
            return options;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            throw new ArgumentException($"Not preprocessing parameters: {json}", nameof(json), failure);
        }
    }

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is out of its range.</exception>
    public void Validate()
    {
        if (AccessPointSpacing is { } spacing)
            ArgumentOutOfRangeException.ThrowIfLessThan(spacing, 1, nameof(AccessPointSpacing));
        ArgumentOutOfRangeException.ThrowIfLessThan(MarkSpacing, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(LeadIn);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(LeadIn, GzipScanOptions.MaxLeadIn);
        if (IndexBudget is { } budget && !(budget > 0 && budget <= 1))
            throw new ArgumentOutOfRangeException(nameof(IndexBudget), budget, "A budget is a part of the object's size: more than 0, at most 1.");
        ArgumentOutOfRangeException.ThrowIfLessThan(CheckpointSpacing, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ChunkSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ChunkSize, 1L << 30);
    }

    // Windows are the bulk of the index. Beyond 512 GiB of stored bytes their spacing grows with the object, so that there are at
    // most 65 536 for each unit of compression ratio. A function of the size alone (law 6).
    internal GzipScanOptions ForScan(long size, string source)
    {
        var spacing = Math.Max(AccessPointSpacing ?? (IndexBudget is null ? DefaultAccessPointSpacing : FinestBudgetedSpacing), size >> 16);
        return new GzipScanOptions
        {
            Source = source,
            AccessPointSpacing = spacing,
            MarkSpacing = MarkSpacing,
            LeadIn = Math.Min(LeadIn, spacing / 4),
        };
    }
}
