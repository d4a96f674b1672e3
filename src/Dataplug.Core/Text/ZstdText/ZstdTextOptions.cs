using System.Globalization;
using System.Text.Json;

namespace Dataplug.Text;

/// <summary>How finely a zstd object is indexed.</summary>
public sealed record ZstdTextOptions
{
    /// <summary>The default of <see cref="MarkSpacing"/>: 256 KiB.</summary>
    public const long DefaultMarkSpacing = 256L << 10;

    /// <summary>The defaults.</summary>
    public static ZstdTextOptions Default { get; } = new();

    /// <summary>Bytes of decompressed content between two marks, ≥ 1: frames at whose start reading can begin, and ends of blocks,
    /// where it can end.</summary>
    public long MarkSpacing { get; init; } = DefaultMarkSpacing;

    /// <summary>Whether a damaged object is indexed up to its damage instead of being refused: up to the last whole block before it.
    /// Part of what the index depends on. The object is then read twice.</summary>
    public bool Salvage { get; init; }

    /// <summary>Stored bytes between two checkpoints, ≥ 1, which fall at the starts of frames; there is also one every two seconds. No
    /// part of what the index depends on.</summary>
    public long CheckpointSpacing { get; init; } = 256L << 20;

    /// <summary>What the index depends on, as canonical JSON: <c>{}</c> for the defaults.</summary>
    public string ToJson()
    {
        var properties = new List<string>();
        if (MarkSpacing != DefaultMarkSpacing)
            properties.Add(string.Create(CultureInfo.InvariantCulture, $"\"markSpacing\":{MarkSpacing}"));
        if (Salvage)
            properties.Add("\"salvage\":true");
        return $"{{{string.Join(',', properties)}}}";
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="ArgumentException">Not such a text.</exception>
    public static ZstdTextOptions Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var options = Default;
            foreach (var property in document.RootElement.EnumerateObject())
            {
                options = property.Name switch
                {
                    "markSpacing" => options with { MarkSpacing = property.Value.GetInt64() },
                    "salvage" => options with { Salvage = property.Value.GetBoolean() },
                    _ => throw new ArgumentException($"There is no preprocessing parameter '{property.Name}'; there are: markSpacing, salvage.", nameof(json)),
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
        ArgumentOutOfRangeException.ThrowIfLessThan(MarkSpacing, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(CheckpointSpacing, 1);
    }

    // So that marks need not be thinned out, by which starts of frames would be lost: at a ratio of 8 there are at most as many as
    // an index keeps. A function of the size alone (law 6).
    internal long MarkSpacingFor(long size) => Math.Max(MarkSpacing, size >> 15);
}
