using System.Globalization;

namespace Dataplug;

/// <summary>
/// The base of every failure that Dataplug reports: which object, which byte, and what to do about it.
/// </summary>
/// <remarks>Everything that is thrown on purpose derives from this type, bar argument errors and
/// <see cref="OperationCanceledException"/>.</remarks>
public abstract class DataplugException : Exception
{
    /// <summary>Creates an exception whose message names the object, the problem, the place and the cure.</summary>
    /// <param name="source">The object (its URI) that the failure is about, or null when there is none.</param>
    /// <param name="problem">What is wrong, as a clause without a final full stop.</param>
    /// <param name="cure">What the reader of the message can do, as a sentence; or null.</param>
    /// <param name="byteOffset">Offset in bytes from the start of the stored object, or null when there is no such place.</param>
    /// <param name="innerException">The cause, or null.</param>
    protected DataplugException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(Compose(source, problem, cure, byteOffset), innerException)
    {
        ObjectName = source;
        Problem = problem;
        Cure = cure;
        ByteOffset = byteOffset;
    }

    /// <summary>The object (its URI) that the failure is about; null when there is none.</summary>
    public string? ObjectName { get; }

    /// <summary>What is wrong, without the object's name, the place and the cure.</summary>
    public string Problem { get; }

    /// <summary>What to do about it; null when nothing better than the problem itself can be said.</summary>
    public string? Cure { get; }

    /// <summary>Offset in bytes from the start of the stored object; null when the failure has no place.</summary>
    public long? ByteOffset { get; }

    private static string Compose(string? source, string problem, string? cure, long? byteOffset)
    {
        var place = byteOffset is { } offset ? string.Create(CultureInfo.InvariantCulture, $" (at byte {offset})") : "";
        var name = string.IsNullOrEmpty(source) ? "" : source + ": ";
        var advice = string.IsNullOrEmpty(cure) ? "" : " " + cure;
        return $"{name}{problem}{place}.{advice}";
    }
}
