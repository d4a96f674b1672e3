using System.Globalization;
using System.Text.Json.Serialization;

namespace Dataplug.Formats.Imzml.Imaging;

/// <summary>How far from an m/z a peak may lie and still belong to it: half the width of the window. The default is a window of width 0.</summary>
public readonly record struct MassTolerance
{
    private const double Million = 1e6;

    /// <summary>Makes a tolerance.</summary>
    /// <param name="value">Half the width of the window: finite, ≥ 0, and below 1,000,000 where it is in ppm.</param>
    /// <param name="unit">What it is measured in.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value or the unit is none.</exception>
    [JsonConstructor]
    public MassTolerance(double value, MassToleranceUnit unit)
    {
        if (!double.IsFinite(value) || value < 0 || (unit == MassToleranceUnit.Ppm && value >= Million))
            throw new ArgumentOutOfRangeException(nameof(value), value, "A tolerance is finite, at least 0, and less than a million ppm.");
        if (unit is not (MassToleranceUnit.Ppm or MassToleranceUnit.Dalton))
            throw new ArgumentOutOfRangeException(nameof(unit), unit, "A tolerance is in ppm or dalton.");
        Value = value;
        Unit = unit;
    }

    /// <summary>Half the width of the window, in <see cref="Unit"/>.</summary>
    public double Value { get; }

    /// <summary>What <see cref="Value"/> is measured in.</summary>
    public MassToleranceUnit Unit { get; }

    /// <summary>A tolerance relative to the m/z.</summary>
    /// <param name="value">Parts of a million, from 0 to below 1,000,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is none.</exception>
    public static MassTolerance Ppm(double value) => new(value, MassToleranceUnit.Ppm);

    /// <summary>A tolerance that is the same for every m/z.</summary>
    /// <param name="value">Units of m/z, ≥ 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is none.</exception>
    public static MassTolerance Dalton(double value) => new(value, MassToleranceUnit.Dalton);

    /// <summary>
    /// The window around an m/z, both ends of which belong to it: from m/z·(1 − ppm·10⁻⁶) to m/z·(1 + ppm·10⁻⁶), or from m/z − dalton to
    /// m/z + dalton.
    /// </summary>
    /// <param name="mz">The m/z, > 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The m/z is not a positive number.</exception>
    public (double Low, double High) Window(double mz)
    {
        if (!double.IsFinite(mz) || mz <= 0)
            throw new ArgumentOutOfRangeException(nameof(mz), mz, "An m/z is a positive number.");
        return Unit == MassToleranceUnit.Ppm
            ? (mz * (1 - (Value / Million)), mz * (1 + (Value / Million)))
            : (mz - Value, mz + Value);
    }

    /// <summary>Reads a tolerance as <see cref="ToString"/> writes it, such as <c>3ppm</c> or <c>0.005 Da</c>.</summary>
    /// <param name="text">A number and its unit: <c>ppm</c> or <c>Da</c>, in any case, with spaces between or not.</param>
    /// <exception cref="FormatException">The text is no tolerance.</exception>
    public static MassTolerance Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.AsSpan().Trim();
        foreach (var (suffix, unit) in new[] { ("ppm", MassToleranceUnit.Ppm), ("Da", MassToleranceUnit.Dalton) })
        {
            if (trimmed.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
                && double.TryParse(trimmed[..^suffix.Length].TrimEnd(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                && double.IsFinite(value) && value >= 0 && (unit != MassToleranceUnit.Ppm || value < Million))
            {
                return new MassTolerance(value, unit);
            }
        }

        throw new FormatException($"'{text}' is no tolerance; write a number and its unit, such as 3ppm or 0.005Da.");
    }

    /// <summary>The value and its unit: <c>3ppm</c>, <c>0.005Da</c>.</summary>
    public override string ToString() => Value.ToString("R", CultureInfo.InvariantCulture) + (Unit == MassToleranceUnit.Ppm ? "ppm" : "Da");
}
