namespace Dataplug.Fuzz;

/// <summary>An input on which the code under test did what it must not.</summary>
internal sealed class FuzzFinding(string problem, Exception? innerException = null) : Exception(problem, innerException);
