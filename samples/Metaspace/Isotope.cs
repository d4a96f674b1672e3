namespace Samples.Metaspace;

/// <summary>An isotope of an element.</summary>
/// <param name="Mass">The mass of a neutral atom, in dalton.</param>
/// <param name="Abundance">Its share of the atoms of the element in nature, above 0 and at most 1.</param>
internal readonly record struct Isotope(double Mass, double Abundance);
