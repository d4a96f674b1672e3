using System.Globalization;
using System.Text.Json;
using Dataplug.Compression;

namespace Dataplug.Text;

/// <summary>How finely a gzip object is indexed. The defaults suit objects of any size; smaller spacings make larger indexes
/// and slices that fetch less beside their own bytes.</summary>
public sealed record GZipLineOptions
{
    /// <summary>The default of <see cref="AccessPointSpacing"/>: 8 MiB.</summary>
    public const long DefaultAccessPointSpacing = GzipScanOptions.DefaultAccessPointSpacing;

    /// <summary>The defaults.</summary>
    public static GZipLineOptions Default { get; } = new();

    /// <summary>Bytes of decompressed content between two places where reading can begin, ≥ 1.</summary>
    public long AccessPointSpacing { get; init; } = DefaultAccessPointSpacing;

    /// <summary>Bytes of decompressed content between two marks (places where the number of lines is known and reading can
    /// end), ≥ 1.</summary>
    public long MarkSpacing { get; init; } = GzipScanOptions.DefaultMarkSpacing;

    /// <summary>
    /// Whether a damaged object is indexed up to its damage instead of being refused: up to the last block boundary before broken
    /// data, and there up to the last whole record. Part of what the index depends on, so that an index of a part is never
    /// taken for one of the whole. The object is then read twice.
    /// </summary>
    public bool Salvage { get; init; }

    /// <summary>Stored bytes between two checkpoints, ≥ 1; there is also one every two seconds. How much work a kill can cost at
    /// most; no part of what the index depends on.</summary>
    public long CheckpointSpacing { get; init; } = 256L << 20;

    /// <summary>The most stored bytes of a chunk where the work is spread over an executor, 1 to 1 GiB; a chunk is held in memory. No
    /// part of what the index depends on.</summary>
    public long ChunkSize { get; init; } = 32L << 20;

    /// <summary>What the index depends on, as canonical JSON: <c>{}</c> for the defaults.</summary>
    public string ToJson()
    {
        var properties = new List<string>();
        if (AccessPointSpacing != DefaultAccessPointSpacing || MarkSpacing != GzipScanOptions.DefaultMarkSpacing)
            properties.Add(string.Create(CultureInfo.InvariantCulture, $"\"accessPointSpacing\":{AccessPointSpacing},\"markSpacing\":{MarkSpacing}"));
        if (Salvage)
            properties.Add("\"salvage\":true");
        return $"{{{string.Join(',', properties)}}}";
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
                    "accessPointSpacing" => options with { AccessPointSpacing = property.Value.GetInt64() },
                    "markSpacing" => options with { MarkSpacing = property.Value.GetInt64() },
                    "salvage" => options with { Salvage = property.Value.GetBoolean() },
                    _ => throw new ArgumentException($"There is no preprocessing parameter '{property.Name}'; there are: accessPointSpacing, markSpacing, salvage.", nameof(json)),
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
    /// <exception cref="ArgumentOutOfRangeException">One is below 1.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(AccessPointSpacing, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MarkSpacing, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(CheckpointSpacing, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ChunkSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ChunkSize, 1L << 30);
    }

    // Windows are the bulk of the index. Beyond 512 GiB of stored bytes their spacing grows with the object, so that there are at
    // most 65 536 for each unit of compression ratio. A function of the size alone (law 6).
    internal GzipScanOptions ForScan(long size, string source) => new()
    {
        Source = source,
        AccessPointSpacing = Math.Max(AccessPointSpacing, size >> 16),
        MarkSpacing = MarkSpacing,
    };
}
