import Testing

@Suite struct ReportsTests {}
