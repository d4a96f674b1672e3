namespace Dataplug.Lithops.Functions;

/// <summary>Stands for the input of a function that takes none.</summary>
internal readonly record struct NoInput;
