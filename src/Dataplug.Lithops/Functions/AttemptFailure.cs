namespace Dataplug.Lithops;

/// <summary>Why an attempt at a task failed, in a form that can travel.</summary>
/// <param name="ExceptionType">The full name of the exception's type.</param>
/// <param name="Message">The exception's message.</param>
/// <param name="StackTrace">Where it was thrown, as text; null when unknown.</param>
/// <param name="Exception">The exception itself; null when it happened in another process.</param>
public sealed record AttemptFailure(string ExceptionType, string Message, string? StackTrace = null, Exception? Exception = null)
{
    /// <summary>The input that the attempt failed on, as it travelled, when it did: JSON, cut off where it is long; null else.</summary>
    public string? Input { get; init; }

    /// <summary>Whether the attempt failed for want of memory: the function said so, or its worker ended because of it.</summary>
    public bool IsOutOfMemory => ExceptionType == typeof(OutOfMemoryException).FullName || Exception is WorkerLostException { IsOutOfMemory: true };

    /// <summary>Describes an exception.</summary>
    /// <param name="exception">The exception.</param>
    public static AttemptFailure From(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return new AttemptFailure(exception.GetType().FullName!, exception.Message, exception.StackTrace, exception);
    }

    /// <summary>The same without the exception itself, as it comes from another process.</summary>
    public AttemptFailure WithoutException() => this with { Exception = null };
}
