using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Dataplug.Partitioning;

namespace Dataplug.Lithops.Functions;

/// <summary>
/// Tells whether the values of a type arrive as they left: all of their state is written, all of it is read back, and nothing
/// but the declared type decides what is made of it.
/// </summary>
internal static class ShippableType
{
    private const BindingFlags InstanceFields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly HashSet<Type> Reversed = [typeof(Stack<>), typeof(System.Collections.Concurrent.ConcurrentStack<>), typeof(System.Collections.Immutable.ImmutableStack<>), typeof(System.Collections.Immutable.IImmutableStack<>)];

    /// <summary>What is wrong with a type; null when nothing is.</summary>
    public static string? ProblemOf(Type type, JsonSerializerOptions options) => Visit(type, options, []);

    /// <summary>What is wrong with a value of a type that is right in itself; null when nothing is.</summary>
    public static string? ProblemOf(Type declared, object? value)
    {
        if (value is null || declared.IsValueType)
            return null;
        var actual = value.GetType();
        if (actual != declared && value is not IEnumerable && !typeof(Slice).IsAssignableFrom(declared) && declared.IsClass)
            return $"it is a {actual}, and would arrive as a {declared}";

        // A dictionary or set with a comparer of its own would find other things when it arrives.
        if (value is IEnumerable and not string && actual.IsGenericType && actual.GetProperty("Comparer")?.GetValue(value) is { } comparer && !IsDefault(comparer))
            return $"the comparer of a {actual} would not travel with it";
        return null;
    }

    private static bool IsDefault(object comparer)
    {
        var compared = comparer.GetType().GetInterfaces()
            .FirstOrDefault(type => type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(IEqualityComparer<>) || type.GetGenericTypeDefinition() == typeof(IComparer<>)))
            ?.GetGenericArguments()[0];
        return compared is not null
            && (Equals(typeof(EqualityComparer<>).MakeGenericType(compared).GetProperty("Default")!.GetValue(null), comparer)
                || Equals(typeof(Comparer<>).MakeGenericType(compared).GetProperty("Default")!.GetValue(null), comparer));
    }

    private static string? Visit(Type type, JsonSerializerOptions options, HashSet<Type> seen)
    {
        if (!seen.Add(type))
            return null;
        if (type == typeof(object))
            return "'object' does not say what it holds";
        if (typeof(Delegate).IsAssignableFrom(type))
            return $"{type} is code";
        if (typeof(Slice).IsAssignableFrom(type))
            return type.IsAbstract ? $"{type} does not say of which format the slice is" : null;

        JsonTypeInfo info;
        try
        {
            info = options.GetTypeInfo(type);
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException or ArgumentException)
        {
            return exception.Message.TrimEnd('.');
        }

        if (info.PolymorphismOptions is not null)
            return $"{type} is polymorphic";
        return info.Kind switch
        {
            JsonTypeInfoKind.None => info.Converter.GetType().Name.StartsWith("UnsupportedTypeConverter", StringComparison.Ordinal) ? $"{type} is no data" : Underlying(type, options, seen),
            JsonTypeInfoKind.Enumerable => Elements(type, info, options, seen),
            JsonTypeInfoKind.Dictionary => Visit(info.KeyType!, options, seen) ?? Visit(info.ElementType!, options, seen),
            _ => Members(type, info, options, seen),
        };
    }

    private static string? Underlying(Type type, JsonSerializerOptions options, HashSet<Type> seen) =>
        Nullable.GetUnderlyingType(type) is { } underlying ? Visit(underlying, options, seen) : null;

    private static string? Elements(Type type, JsonTypeInfo info, JsonSerializerOptions options, HashSet<Type> seen)
    {
        if (type.GetInterfaces().Append(type).Any(implemented => implemented.IsGenericType && implemented.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>)))
            return $"{type} can be read only once, and not from JSON";
        if (type.IsGenericType && Reversed.Contains(type.GetGenericTypeDefinition()))
            return $"{type} would arrive in reverse";
        return Visit(info.ElementType!, options, seen);
    }

    private static string? Members(Type type, JsonTypeInfo info, JsonSerializerOptions options, HashSet<Type> seen)
    {
        if (type.IsAbstract)
            return $"{type} is {(type.IsInterface ? "an interface" : "abstract")}";
        if (IsOfTheFramework(type) && !IsPlain(type))
            return $"{type} is no data";
        if (!type.IsValueType && info.CreateObject is null && !info.Properties.Any(property => property.AssociatedParameter is not null))
            return $"{type} has no constructor that JSON can use";

        for (var declaring = IsOfTheFramework(type) ? null : type; declaring is not null && declaring != typeof(object) && declaring != typeof(ValueType); declaring = declaring.BaseType)
        {
            foreach (var field in declaring.GetFields(InstanceFields))
            {
                if (!Travels(field, declaring, info))
                    return $"{type} has the state '{NameOf(field)}', which would not travel";
            }
        }

        foreach (var property in info.Properties)
        {
            if (property.Get is not null && (property.Set is not null || property.AssociatedParameter is not null) && Visit(property.PropertyType, options, seen) is { } problem)
                return problem;
        }

        return null;
    }

    /// <summary>Whether a field's value is written and read back: as a public field, or through its own property.</summary>
    private static bool Travels(FieldInfo field, Type declaring, JsonTypeInfo info)
    {
        var member = BackedProperty(field, declaring) as MemberInfo ?? field;
        if (member.IsDefined(typeof(JsonIgnoreAttribute), inherit: true) || field.IsDefined(typeof(NonSerializedAttribute), inherit: false))
            return true;
        return info.Properties.Any(property =>
            property.AttributeProvider is MemberInfo described && described.Name == member.Name
            && property.Get is not null && (property.Set is not null || property.AssociatedParameter is not null));
    }

    private static PropertyInfo? BackedProperty(FieldInfo field, Type declaring) =>
        field.Name.StartsWith('<') && field.Name.EndsWith(">k__BackingField", StringComparison.Ordinal)
            ? declaring.GetProperty(NameOf(field), BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            : null;

    private static string NameOf(FieldInfo field) =>
        field.Name.StartsWith('<') && field.Name.IndexOf('>', StringComparison.Ordinal) is var end and > 0 ? field.Name[1..end] : field.Name;

    private static bool IsOfTheFramework(Type type) =>
        Path.GetDirectoryName(type.Assembly.Location) == Path.GetDirectoryName(typeof(object).Assembly.Location);

    private static bool IsPlain(Type type) =>
        typeof(ITuple).IsAssignableFrom(type)
        || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>))
        || (type.IsValueType && type.GetFields(InstanceFields).All(field => field.IsPublic));
}
