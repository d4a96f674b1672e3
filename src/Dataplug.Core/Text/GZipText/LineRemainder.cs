namespace Dataplug.Text;

/// <summary>What becomes of the lines that are left over when lines don't divide into slices evenly.</summary>
public enum LineRemainder
{
    /// <summary>They make a last, shorter slice.</summary>
    Keep,

    /// <summary>They are part of the last full slice.</summary>
    Merge,
}
