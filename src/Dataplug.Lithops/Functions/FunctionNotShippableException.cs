namespace Dataplug.Lithops;

/// <summary>The function can't be sent to another process: it, or its input or result, carries state that is no plain data.</summary>
/// <remarks>Thrown by the call that submits the job, before anything runs.</remarks>
public sealed class FunctionNotShippableException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public FunctionNotShippableException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Use a static method, or a lambda that captures nothing but plain data, and make in it what it works with.", byteOffset, innerException)
    {
    }
}
