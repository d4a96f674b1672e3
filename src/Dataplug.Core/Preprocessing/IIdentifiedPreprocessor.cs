namespace Dataplug.Preprocessing;

/// <summary>A preprocessor whose partial results depend on more than the object and the format's parameters.</summary>
public interface IIdentifiedPreprocessor
{
    /// <summary>Tells it from others of its type: a run goes on only from partial results of the same.</summary>
    string Identity { get; }
}
